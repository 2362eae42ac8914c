"""Everything that can be asked: one table, from which come routes, checks, document and page."""

from dataclasses import dataclass

from app.api.parameters import Moment, OneOf, Parameter, Text, WholeNumber
from app.pictures.addresses import EXTENSIONS, SIZES
from store.formats.frames import LEAST_PX, MOST_BLUR, MOST_PX
from store.queries.sampling import MOST

_SLUG = Text(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}", "a slug as in /api/v1/categories")
_CATEGORY = Parameter("category", _SLUG, "only pictures of this category, by slug", "mammal")
_IN_CATEGORY = Parameter("category", _SLUG, "slug of a category", "mammal", in_path=True)
_ENDING = Parameter("ending", OneOf(EXTENSIONS), "format", "webp", in_path=True)
_SIZE = Parameter(
    "size", OneOf(tuple(map(str, SIZES))), "longer side in pixels", "256", in_path=True
)
_TEXT = Parameter(
    "text",
    Text(r"[^/\x00-\x1f\ufffd]{1,250}", "up to 1000 bytes of UTF-8 without a slash"),
    "any text without a slash, up to 1000 bytes of UTF-8 in the form NFC",
    "anything",
    in_path=True,
)
_LENGTH = WholeNumber(LEAST_PX, MOST_PX)
_WIDTH = Parameter("width", _LENGTH, "in pixels", 400, in_path=True)
_HEIGHT = Parameter("height", _LENGTH, "in pixels", 300, in_path=True)
_IN_FRAME = (
    Parameter(
        "fit",
        OneOf(("crop", "whole")),
        "crop fills the frame; whole shows all of the picture on the tint of its wall. By default "
        "things are whole and photographs cropped",
        "whole",
    ),
    Parameter("grayscale", OneOf(("1", "0")), "without colours", "1"),
    Parameter("blur", WholeNumber(1, MOST_BLUR), "how much it is blurred", None),
)


@dataclass(frozen=True)
class Operation:
    """A GET at one address."""

    path: str  # with {parameters}, as OpenAPI writes it
    name: str  # operationId, and the view's
    summary: str
    about: str
    parameters: tuple[Parameter, ...] = ()
    answer: str = ""  # name of the schema of a 200; empty: a picture, or a way to one
    errors: tuple[int, ...] = ()
    redirects: bool = False

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")

    @property
    def example(self) -> str:
        """The path with its examples."""
        values = {p.name: p.example for p in self.parameters if p.in_path}
        return self.path.format(**values)

    @property
    def in_api(self) -> bool:
        """Whether it answers with JSON; the others are pictures."""
        return bool(self.answer)


OPERATIONS = (
    Operation(
        "/api/v1/random",
        "random",
        "Different pictures at random",
        "Drawn as on the first page, uniform over categories and then over pictures, but no "
        "picture twice. Fewer where there are fewer. Never cached.",
        (Parameter("n", WholeNumber(1, MOST), "how many", 12, default=1), _CATEGORY),
        "Images",
        (400, 404),
    ),
    Operation(
        "/api/v1/images",
        "images",
        "Pictures page by page",
        "Newest first. Follow next until it is null: with model or format a page may hold fewer "
        "pictures than limit, or none, and still have a next one. Pictures that come or go "
        "meanwhile neither repeat nor skip others.",
        (
            _CATEGORY,
            Parameter(
                "model",
                Text(r"[^\x00-\x1f\ufffd]{1,100}", "name/version"),
                "only pictures of this generator: name/version",
                "emoji/2",
            ),
            Parameter(
                "format",
                OneOf(("webp", "jpeg", "png", "avif")),
                "only files of this format",
                "webp",
            ),
            Parameter(
                "created_after",
                Moment(),
                "only pictures that came into the index after this time",
                "2026-01-31T12:00:00Z",
            ),
            Parameter("limit", WholeNumber(1, MOST), "pictures a page", 30, default=30),
            Parameter(
                "cursor",
                Text(r"[A-Za-z0-9_.\-]{1,150}", "what next of the page before holds"),
                "where the page begins; out of next, with the same filters",
                None,
            ),
        ),
        "ImagePage",
        (400, 404),
    ),
    Operation(
        "/api/v1/images/{hash}",
        "one_image",
        "One picture with all that is known of it",
        "By its SHA-256 or the first 12 digits of it. 410 when it was removed.",
        (
            Parameter(
                "hash",
                Text("[0-9a-f]{12}(?:[0-9a-f]{52})?", "12 or 64 digits from 0 to 9 and a to f"),
                "SHA-256 of the picture, or its first 12 digits",
                "0f1e2d3c4b5a",
                in_path=True,
            ),
        ),
        "Image",
        (400, 404, 410),
    ),
    Operation(
        "/api/v1/categories",
        "categories",
        "Categories that have pictures",
        "All of them, by name.",
        (),
        "Categories",
        (400,),
    ),
    Operation(
        "/random.{ending}",
        "random_picture",
        "Redirect to a random picture",
        "For <img>. Redirects to a random picture's permanent address; a new one each time. "
        "Without an ending Accept decides on the format. Unknown parameters are ignored.",
        (
            _ENDING,
            _CATEGORY,
            Parameter(
                "size",
                OneOf(tuple(map(str, SIZES))),
                "longer side in pixels; default: original",
                "256",
            ),
        ),
        errors=(400, 404),
        redirects=True,
    ),
    Operation(
        "/seed/{text}.{ending}",
        "picture_of_text",
        "A way to the picture of a text",
        "The same picture for the same text, as long as it is there.",
        (_TEXT, _ENDING),
        errors=(400, 404, 414),
        redirects=True,
    ),
    Operation(
        "/seed/{text}/{size}.{ending}",
        "picture_of_text_in_size",
        "The same in a size",
        "The same picture for the same text, as long as it is there.",
        (_TEXT, _SIZE, _ENDING),
        errors=(400, 404, 414),
        redirects=True,
    ),
    Operation(
        "/c/{category}/seed/{text}.{ending}",
        "picture_of_text_in_category",
        "The same of one category",
        "The same picture for the same text and category, as long as it is there.",
        (_IN_CATEGORY, _TEXT, _ENDING),
        errors=(400, 404, 414),
        redirects=True,
    ),
    Operation(
        "/c/{category}/seed/{text}/{size}.{ending}",
        "picture_of_text_in_category_and_size",
        "The same of one category in a size",
        "The same picture for the same text and category, as long as it is there.",
        (_IN_CATEGORY, _TEXT, _SIZE, _ENDING),
        errors=(400, 404, 414),
        redirects=True,
    ),
    Operation(
        "/sized/{size}/{hash}.{ending}",
        "sized_picture",
        "A picture in a size and format",
        "An address for good: nothing of it changes. 410 when the picture was removed.",
        (
            _SIZE,
            Parameter(
                "hash",
                Text("[0-9a-f]{12}", "12 digits from 0 to 9 and a to f"),
                "first 12 digits of the picture's SHA-256",
                "0f1e2d3c4b5a",
                in_path=True,
            ),
            _ENDING,
        ),
        errors=(404, 410),
    ),
    Operation(
        "/{width}/{height}.{ending}",
        "exact_size",
        "A random picture of exactly this size",
        "The picture itself, another one at every call, kept by no cache: fit for a README.",
        (_WIDTH, _HEIGHT, _ENDING, _CATEGORY, *_IN_FRAME),
        errors=(400, 404),
    ),
    Operation(
        "/seed/{text}/{width}/{height}.{ending}",
        "picture_of_text_in_exact_size",
        "The picture of a text in exactly this size",
        "The same picture for the same text, as long as it is there; the picture itself.",
        (_TEXT, _WIDTH, _HEIGHT, _ENDING, _CATEGORY, *_IN_FRAME),
        errors=(400, 404, 414),
    ),
    Operation(
        "/avatar/{text}.{ending}",
        "avatar",
        "An avatar for a name, a hash or any other text",
        "The same picture for the same text, as long as it is there; the picture itself, in a "
        "square or a circle. Called as Gravatar is. /avatar/{text}/{size}.{ending} has the size "
        "in its path, for Gravatar's d=.",
        (
            _TEXT,
            _ENDING,
            Parameter("s", _LENGTH, "side in pixels", 80, default=80),
            Parameter("shape", OneOf(("square", "round")), "shape", "round", default="square"),
            _CATEGORY,
        ),
        errors=(400, 404, 414),
    ),
    Operation(
        "/today.{ending}",
        "today",
        "The picture of the day",
        "One a day, by UTC, the same for everybody; the picture itself. /today/400/300.webp is it "
        "in an exact size, /today leads to its page, /feed.xml lists the last days.",
        (_ENDING, _CATEGORY, *_IN_FRAME),
        errors=(400, 404),
    ),
)
