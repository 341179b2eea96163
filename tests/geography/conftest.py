from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# Models can be imported only once the suite's ground has told Django its settings, which is after
# this file is read.
if TYPE_CHECKING:
    from geography.models import Post

EXAMPLE = Path(__file__).resolve().parents[2] / "geography" / "data" / "example_posts.toml"


@pytest.fixture
def example_file() -> Path:
    """The posts of the invented State of Meridia."""
    return EXAMPLE


@pytest.fixture
def posts(db: None) -> dict[str, Post]:
    """The example posts by code, loaded."""
    from geography.loading import load_posts
    from geography.models import Post
    from geography.posts_file import read_posts

    load_posts(read_posts(EXAMPLE))
    return {post.code: post for post in Post.objects.all()}
