"""Runs the shipped files of pipelines: their own conditions, their own scripts in bash, and a `gh` that writes down."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tests.cli.conftest import TAKEUP, Project

TOP = Path(__file__).parents[2]
ACTION = TOP / "action.yml"
WORKFLOW = TOP / "docs/examples/ci/github/takeup.yml"
GITLAB = TOP / "docs/examples/ci/gitlab/takeup.gitlab-ci.yml"
BOT = "github-actions[bot]"
REPOSITORY = "acme/recordings"
_PLACES = re.compile(r"\$\{\{ *(.+?) *\}\}")
_CONTEXT = re.compile(r"\b(?:github|inputs|steps|secrets)(?:\.[\w-]+)+")

# Keeps comments in a file and does what `gh api` would: lists, makes, changes, and finds the pull request of a commit.
GH = f"""#!{sys.executable}
import json, os, pathlib, re, sys
folder, args = pathlib.Path(os.environ["FAKE_GH"]), sys.argv[1:]
assert os.environ["GH_TOKEN"] == "gh-token", "gh is not logged in"
assert args.pop(0) == "api"
with (folder / "calls").open("a") as calls:
    print(json.dumps(args), file=calls)
store = folder / "comments.json"
comments = json.loads(store.read_text())
path = next(arg for arg in args if arg.startswith("repos/{REPOSITORY}/")).removeprefix("repos/{REPOSITORY}/")
body = next((pathlib.Path(arg[6:]).read_text() for arg in args if arg.startswith("body=@")), None)
if (commit := re.fullmatch("commits/([0-9a-f]{{40}})/pulls", path)):
    print(json.loads((folder / "merged.json").read_text()).get(commit[1], ""))
elif re.fullmatch(r"issues/7/comments", path) and body is None:
    half = len(comments) // 2
    print(json.dumps(comments[:half]) + json.dumps(comments[half:]))
elif path == "issues/7/comments" and args[:2] == ["--method", "POST"]:
    comments.append({{"id": 100 + len(comments), "user": {{"login": "{BOT}"}}, "body": body}})
elif (found := re.fullmatch(r"issues/comments/(\\d+)", path)) and args[:2] == ["--method", "PATCH"]:
    (comment,) = [comment for comment in comments if comment["id"] == int(found[1])]
    comment["body"] = body
else:
    sys.exit(f"gh api knows nothing of {{args}}")
store.write_text(json.dumps(comments))
"""


def read(path: Path) -> dict[str, Any]:
    """A shipped file."""
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Job:
    """How one job of a pipeline ended. `log` is all that it printed; `checkout` is its folder."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str
    checkout: Path

    def artifact(self, name: str) -> str:
        """One of the files that takeup wrote."""
        return (self.checkout / ".takeup-ci" / name).read_text("utf-8")


@dataclass
class Pipelines:
    """A bare repository with the project, a clone to work in, and a folder for what jobs leave behind."""

    project: Project
    folder: Path
    jobs: int = 0
    logs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gh = self.folder / "gh"
        self.work = self.folder / "work"
        for place in (self.gh, self.folder / "bin", self.folder / "jobs"):
            place.mkdir(parents=True)
        script = self.folder / "bin" / "gh"
        script.write_text(GH, "utf-8")
        script.chmod(0o755)
        self.say([])
        (self.gh / "merged.json").write_text("{}", "utf-8")
        # What a checkout cleans away must not hold the state.
        self.project.add(f"  state: {{path: {self.folder / 'state.json'}}}")
        self._git(self.folder, "init", "--quiet", "--bare", "--initial-branch=main", "origin")
        self._git(self.folder, "clone", "--quiet", str(self.folder / "origin"), "work")
        self._git(self.work, "checkout", "--quiet", "-B", "main")
        shutil.copy(self.project.root / "takeup.yaml", self.work)
        shutil.copytree(self.project.root / "manifests", self.work / "manifests")
        self.push("main")

    def say(self, comments: list[dict[str, Any]]) -> None:
        """Let the pull request have these comments."""
        (self.gh / "comments.json").write_text(json.dumps(comments), "utf-8")

    def comments(self) -> list[dict[str, Any]]:
        """The comments of the pull request."""
        found: list[dict[str, Any]] = json.loads((self.gh / "comments.json").read_text("utf-8"))
        return found

    def write(self, text: str, name: str = "hall.yaml") -> None:
        """Write a manifest in the working clone."""
        (self.work / "manifests" / name).write_text(text, "utf-8")

    def branch(self, name: str) -> None:
        """Begin a branch at main."""
        self._git(self.work, "checkout", "--quiet", "-B", name, "main")

    def push(self, branch: str) -> str:
        """Commit what is there and push it; the commit."""
        self._git(self.work, "add", "--all")
        self._git(self.work, "commit", "--quiet", "--allow-empty", "--message", f"Change {branch}")
        self._git(self.work, "push", "--quiet", "origin", branch)
        return self._git(self.work, "rev-parse", "HEAD")

    def merge(self, branch: str, *, number: int | None = 7) -> str:
        """Merge a branch into main and push it; the commit, with a number that of a pull request."""
        self._git(self.work, "checkout", "--quiet", "main")
        self._git(self.work, "merge", "--quiet", "--no-ff", "--message", "Merge", branch)
        commit = self.push("main")
        if number is not None:
            (self.gh / "merged.json").write_text(json.dumps({commit: number}), "utf-8")
        return commit

    def github(
        self, event: str, ref: str, payload: Mapping[str, Any] | None = None, inputs: Mapping[str, str] | None = None
    ) -> dict[str, Job]:
        """Run the jobs of the example workflow that this event starts, each in a checkout of its own."""
        github = {
            "event_name": event,
            "repository": REPOSITORY,
            "sha": self._git(self.work, "rev-parse", ref),
            "event": payload or {},
        }
        contexts = {
            "github": github,
            "secrets": {f"AGORA_{name}": value for name, value in self.project.env.items()},
            "inputs": inputs or {},
        }
        return {
            name: self._workflow_job(job, contexts, ref)
            for name, job in read(WORKFLOW)["jobs"].items()
            if truth(job["if"], contexts)
        }

    def gitlab(self, name: str, checkout: Path | None = None) -> Job:
        """Run a job of the template, in a new checkout of main or in that of the job whose artifacts it needs."""
        template = read(GITLAB)
        base, job = template[".takeup"], template[name]
        top = self._checkout("HEAD") if checkout is None else checkout
        variables = {key: value for key, value in template["variables"].items() if key != "TAKEUP_IMAGE"}
        env = {**self.project.env, **variables, "GITLAB_CI": "true", "CI_PROJECT_DIR": str(top)}
        code, log = self._bash("\n".join([*base["before_script"], *job["script"]]), top, env)
        dotenv = dict(line.split("=", 1) for line in (top / ".takeup-ci/outputs.env").read_text("utf-8").splitlines())
        return Job(code, log, dotenv, "", top)

    def _workflow_job(self, job: Mapping[str, Any], contexts: Mapping[str, Any], ref: str) -> Job:
        top = self._checkout(ref)
        (step,) = [step for step in job["steps"] if step["uses"] == "OWNER/takeup@REF"]
        given = {name: filled(str(value), contexts) for name, value in step["with"].items()}
        env = {name: filled(value, contexts) for name, value in job.get("env", {}).items()}
        return self._action(top, given, contexts, env)

    def _action(self, top: Path, given: Mapping[str, str], contexts: Mapping[str, Any], env: Mapping[str, str]) -> Job:
        """Run the steps of action.yml, as GitHub's runner does; all but the first, which installs takeup."""
        action = read(ACTION)
        inputs = {name: given.get(name, item.get("default", "")) for name, item in action["inputs"].items()}
        inputs["token"] = "gh-token"
        steps: dict[str, Any] = {}
        scope = {**contexts, "inputs": inputs, "steps": steps}
        temporary = top.with_name(f"{top.name}-temp")
        temporary.mkdir()
        summary, code, log = temporary / "summary", 0, ""
        for number, step in enumerate(action["runs"]["steps"][1:]):
            if code or not truth(step.get("if", "true"), scope):
                continue
            outputs = temporary / f"outputs-{number}"
            runner = {
                "GITHUB_ACTIONS": "true",
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_SHA": contexts["github"]["sha"],
                "GITHUB_WORKSPACE": str(top),
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_STEP_SUMMARY": str(summary),
                "RUNNER_TEMP": str(temporary),
                "FAKE_GH": str(self.gh),
            }
            own = {name: filled(value, scope) for name, value in step.get("env", {}).items()}
            folder = top / filled(step.get("working-directory", "."), scope)
            code, told = self._bash(step["run"], folder, {**self.project.env, **runner, **env, **own})
            log += told
            if "id" in step:
                lines = outputs.read_text("utf-8").splitlines() if outputs.exists() else []
                steps[step["id"]] = {"outputs": dict(line.split("=", 1) for line in lines)}
        shown = summary.read_text("utf-8") if summary.exists() else ""
        return Job(code, log, steps["takeup"]["outputs"], shown, top)

    def _checkout(self, ref: str) -> Path:
        self.jobs += 1
        top = self.folder / "jobs" / str(self.jobs)
        self._git(self.folder, "clone", "--quiet", str(self.folder / "origin"), str(top))
        self._git(top, "checkout", "--quiet", self._git(self.work, "rev-parse", ref))
        return top

    def _bash(self, script: str, folder: Path, env: Mapping[str, str]) -> tuple[int, str]:
        path = os.pathsep.join([str(self.folder / "bin"), str(TAKEUP.parent), os.environ["PATH"]])
        done = subprocess.run(  # noqa: S603 - a shipped script
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],  # noqa: S607 - the user's bash
            cwd=folder,
            env={"HOME": str(self.folder), **env, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self.logs.append(done.stdout)
        return done.returncode, done.stdout

    def _git(self, folder: Path, *args: str) -> str:
        who = {
            f"GIT_{role}_{what}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        done = subprocess.run(  # noqa: S603 - git
            ["git", *args],  # noqa: S607 - the user's git
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1", **who},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def filled(text: str, contexts: Mapping[str, Any]) -> str:
    """A text with its expressions replaced, as GitHub does it: what is not there is empty."""
    return _PLACES.sub(lambda match: str(_value(match[1], contexts)), text)


def truth(condition: str, contexts: Mapping[str, Any]) -> bool:
    """Whether an `if` holds; of GitHub's language it knows what the shipped files use."""
    python = _CONTEXT.sub(lambda match: repr(str(_value(match[0], contexts))), condition)
    python = python.replace("&&", " and ").replace("||", " or ").replace("true", "True", int(condition == "true"))
    return bool(eval(python, {"__builtins__": {}}))  # noqa: S307 - a condition of a file of ours


def _value(path: str, contexts: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any value of a context
    assert _CONTEXT.fullmatch(path), f"{path} is more than a path"
    found: Any = contexts
    for name in path.split("."):
        found = found.get(name, "") if isinstance(found, Mapping) else ""
    return found
