"""Make the posts and districts what a file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from geography.loading import load_posts
from geography.posts_file import PostsFileError, read_posts


class Command(BaseCommand):
    """`manage.py load_posts FILE`. Safe to run twice; changes nothing when the file is wrong."""

    help = "Load posts and their districts from a TOML or JSON file. Safe to run twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            draft = read_posts(options["file"])
        except PostsFileError as error:
            raise CommandError("Nothing was changed.\n" + "\n".join(error.problems)) from error
        loaded = load_posts(draft)
        self.stdout.write(f"{loaded.posts} posts, {loaded.districts} places in their districts.")
        if loaded.closed:
            self.stdout.write("Closed, because the file no longer names them: ", ending="")
            self.stdout.write(", ".join(loaded.closed))
