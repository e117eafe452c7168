"""The static site: the type of each uploaded file, and how long caches may keep it."""

import json
import mimetypes
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from .problem import Problem

BUILD = Path("static-site/dist")
HEADERS = Path(__file__).resolve().parents[1] / "headers.json"

# A hashed file never changes. Caches ask for all other files every time.
FOREVER = "public, max-age=31536000, immutable"
ASK = "no-cache"

# A page that was opened before a deployment may still ask for its own files.
KEPT_FOR = timedelta(days=7)

# Types that this machine's own tables may lack or have differently.
TYPES = {
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True)
class VideoServer:
    """The video server as the page knows it: `openvidu` at `https://host`, or `livekit` at `wss://host`."""

    kind: str
    url: str


def video_server(outputs: dict[str, str]) -> VideoServer | None:
    """The video server of the stack with these outputs. One of an earlier version does not tell."""
    for kind, output in (("openvidu", "OpenViduUrl"), ("livekit", "LiveKitUrl")):
        if url := outputs.get(output):
            return VideoServer(kind, url)
    return None


@dataclass(frozen=True)
class Upload:
    """One file to upload."""

    key: str
    content_type: str
    cache_control: str
    body: bytes

    @property
    def is_hashed(self) -> bool:
        return self.cache_control == FOREVER


def uploads(video_server: VideoServer | None = None, build: Path = BUILD) -> list[Upload]:
    """The files to upload, in this order: a page comes after the files that it names.

    The page is told which video server there is, if it is known.
    """
    if not (build / "index.html").is_file():
        raise Problem("the site is not built: make site")
    files = [path for path in build.rglob("*") if path.is_file()]
    bodies = {path.relative_to(build).as_posix(): path.read_bytes() for path in files}
    if "config.json" in bodies:
        # The API is on the site's own origin.
        told = {"apiBaseUrl": "", "videoServer": video_server and asdict(video_server)}
        bodies["config.json"] = json.dumps(told).encode()
    found = [_upload(key, body) for key, body in bodies.items()]
    return sorted(found, key=lambda upload: (not upload.is_hashed, upload.key == "index.html", upload.key))


def _upload(key: str, body: bytes) -> Upload:
    suffix = Path(key).suffix
    content_type = TYPES.get(suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return Upload(key, content_type, FOREVER if key.startswith("assets/") else ASK, body)


def upload(s3, bucket: str, files: list[Upload], now: datetime | None = None) -> list[str]:
    """Uploads all files, removes those that left the build long ago, and returns the removed ones."""
    for file in files:
        s3.put_object(
            Bucket=bucket,
            Key=file.key,
            Body=file.body,
            ContentType=file.content_type,
            CacheControl=file.cache_control,
        )
    wanted = {file.key for file in files}
    old = (now or datetime.now(timezone.utc)) - KEPT_FOR
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    gone = [
        found["Key"]
        for page in pages
        for found in page.get("Contents", [])
        if found["Key"] not in wanted and found["LastModified"] < old
    ]
    for key in gone:
        s3.delete_object(Bucket=bucket, Key=key)
    return gone


def invalidate(cloudfront, distribution: str, files: list[Upload], reference: str) -> None:
    """Makes CloudFront reload the files that are not hashed."""
    paths = ["/", *(f"/{file.key}" for file in files if not file.is_hashed)]
    cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": len(paths), "Items": paths},
            "CallerReference": reference,
        },
    )


def headers(video_server: str) -> dict[str, str]:
    """The headers that CloudFront sends with every file, for a video server at `https://host`."""
    http = video_server or "https://?"
    websocket = http.replace("https://", "wss://", 1)
    return {
        name: value.replace("${OPENVIDU_HTTP}", http).replace("${OPENVIDU_WEBSOCKET}", websocket)
        for name, value in json.loads(HEADERS.read_text()).items()
    }
