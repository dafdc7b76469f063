"""The YAML edge: files in, validated resources or problems with a place out."""
