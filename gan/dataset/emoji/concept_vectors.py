"""What an emoji's names and keywords in many languages say of it, as a vector per concept.

`concept_vectors.npz` is made from Unicode's annotations (CLDR, package and licence below) by

    python -m gan.dataset.emoji.concept_vectors

Words are weighed by TF-IDF in each language by itself, and the similarities of the languages are
averaged. Their 64 principal components (latent semantic analysis, Deerwester et al. 1990) put a
hedgehog beside a zebra, nearly in the same place; so what they leave out follows in 64 random
mixtures, which tell one from the other. Both halves have length 1.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from core.npm import fetch_package
from gan.dataset.emoji.concepts import meanings
from gan.dataset.emoji.sets import NAMES_PACKAGE, plain_code_points
from gan.dataset.files import BadDataset

VECTORS_FILE = Path(__file__).with_name("concept_vectors.npz")
ANNOTATIONS_PACKAGE = ("cldr-annotations-full", "48.2.0")  # Unicode-3.0
LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "zh")
COMPONENTS, MIXTURES = 64, 64
WIDTH = COMPONENTS + MIXTURES

Words = Counter[str]


@dataclass(frozen=True)
class ConceptVectors:
    """Concepts, as a record of the emoji data set names them, and what is said of each."""

    concepts: list[str]
    vectors: np.ndarray  # float32 [K, WIDTH]

    def rows(self, concepts: Sequence[str]) -> np.ndarray:
        """Return the positions of concepts, int64 [N]. Raises `BadDataset`."""
        position = {concept: i for i, concept in enumerate(self.concepts)}
        if unknown := sorted(set(concepts) - set(position)):
            raise BadDataset(
                f"{len(unknown)} concepts have no vector, such as {unknown[0]!r}",
                "concepts are known of the emoji alone: flask gan dataset emoji",
            )
        return np.array([position[concept] for concept in concepts], np.int64)


@cache
def read_concept_vectors() -> ConceptVectors:
    """Return the vectors that the project ships."""
    with np.load(VECTORS_FILE, allow_pickle=False) as file:
        return ConceptVectors(list(file["concepts"]), file["vectors"].astype(np.float32))


def words_of(annotations: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, Words]:
    """Return the words of each emoji, by plain code points; phrases count as a whole too."""
    found = {}
    for emoji, said in annotations.items():
        phrases = {p.lower() for p in (*said.get("default", ()), *said.get("tts", ()))}
        words = {word for phrase in phrases for word in re.findall(r"\w+", phrase)}
        found[plain_code_points("-".join(f"{ord(c):x}" for c in emoji))] = Counter(phrases | words)
    return found


def similarities(documents: Sequence[Words]) -> np.ndarray:
    """Return the cosines of documents' TF-IDF vectors, float64 [N, N]."""
    frequency = Counter(word for document in documents for word in document)
    position = {word: i for i, word in enumerate(sorted(frequency))}
    matrix = np.zeros((len(documents), len(position)), np.float32)
    for row, document in zip(matrix, documents, strict=True):
        for word, count in document.items():
            rarity = np.log(len(documents) / frequency[word])
            row[position[word]] = (1 + np.log(count)) * rarity
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True) + 1e-9
    return (matrix @ matrix.T).astype(np.float64)


def embed(similar: np.ndarray) -> np.ndarray:
    """Return vectors float32 [N, WIDTH] for cosines float [N, N]."""
    count = len(similar)
    centred = similar - similar.mean(0) - similar.mean(1)[:, None] + similar.mean()
    values, vectors = np.linalg.eigh(centred)
    places = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0))
    mixing = np.random.RandomState(0).standard_normal((count, MIXTURES))
    rest = places[:, COMPONENTS:] @ mixing[COMPONENTS:]
    halves = [half / (np.linalg.norm(half, axis=1, keepdims=True) + 1e-9)
              for half in (places[:, :COMPONENTS], rest)]  # fmt: skip
    return np.concatenate(halves, axis=1).astype(np.float32)


def build_concept_vectors(cache_folder: Path) -> ConceptVectors:
    """Return the vectors of all concepts of the emoji data set; ``cache_folder`` keeps packages."""
    names = fetch_package(*NAMES_PACKAGE, cache_folder, ("emoji.json", "LICENSE"))
    emoji_of: dict[str, list[str]] = defaultdict(list)
    listed = json.loads((names / "emoji.json").read_text(encoding="utf-8"))
    for points, meaning in meanings(listed).items():
        emoji_of[meaning.concept].append(points)
    wanted = tuple(f"annotations/{language}/" for language in LANGUAGES)
    folder = fetch_package(*ANNOTATIONS_PACKAGE, cache_folder, wanted)
    concepts = sorted(emoji_of)
    similar = np.zeros((len(concepts),) * 2)
    for language in LANGUAGES:
        path = folder / "annotations" / language / "annotations.json"
        words = words_of(json.loads(path.read_text(encoding="utf-8"))["annotations"]["annotations"])
        documents = []
        for concept in concepts:
            said = [words[points] for points in emoji_of[concept] if points in words]
            # what has no name of its own is called by its parts
            said = said or [words.get(point, Counter()) for point in concept.split("-")]
            documents.append(sum(said, Counter[str]()))
        similar += similarities(documents) / len(LANGUAGES)
    return ConceptVectors(concepts, embed(similar))


def main() -> None:
    built = build_concept_vectors(Path.home() / ".cache" / "nonesuch" / "npm")
    np.savez_compressed(
        VECTORS_FILE,
        concepts=np.array(built.concepts),
        vectors=built.vectors.astype(np.float16),
    )
    print(f"{len(built.concepts)} concepts in {VECTORS_FILE}")


if __name__ == "__main__":
    main()
