"""`python -m bench` is `contact-metrics bench`."""

import typer

from service.cli.bench import bench

if __name__ == "__main__":
    typer.run(bench)
