"""Images and volumes, decoded: as Pillow has them."""
import numpy as np
import pytest

from conftest import square, number_of


def test_images_equal_pillows(images, image_tree):
    image_module = pytest.importorskip("PIL.Image")
    for i in range(len(images)):
        pillow = image_module.open(image_tree[images.name(i)])
        np.testing.assert_array_equal(images.image(i), np.asarray(pillow.convert("RGB")))


def test_raw_images_become_gray_as_pillows(squares):
    image_module = pytest.importorskip("PIL.Image")
    pixels = square(number_of(squares.name(3)))
    gray = squares.image(3, channels="gray")
    np.testing.assert_array_equal(gray[:, :, 0], np.asarray(image_module.fromarray(pixels).convert("L")))
    np.testing.assert_array_equal(squares.image(3, channels="stored"), pixels)


def test_decoded_images_are_ones_own(squares):
    pixels = squares.image(0)
    pixels[:] = 0
    assert squares.image(0).any()


def tiff(scrolls, kind, name):
    """uint8 [z, y, x] of a TIFF with a page a slice."""
    image_module = pytest.importorskip("PIL.Image")
    with image_module.open(scrolls / f"train_{kind}" / f"{name}.tif") as pages:
        slices = []
        for z in range(pages.n_frames):
            pages.seek(z)
            slices.append(np.array(pages))
    return np.stack(slices)


@pytest.mark.parametrize("field, kind", [("image", "images"), ("label", "labels")])
def test_volumes_equal_pillows_pages(volumes, scrolls, field, kind):
    for i in range(len(volumes)):
        expected = tiff(scrolls, kind, volumes.name(i))
        found = volumes.volume(i, field)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.uint8


def test_patches_are_boxes_of_volumes(volumes, scrolls):
    expected = tiff(scrolls, "images", volumes.name(0))
    for origin, shape in [((0, 0, 0), (48, 48, 48)), ((5, 30, 31), (33, 3, 9)), ((47, 47, 47), (1, 1, 1))]:
        box = tuple(slice(o, o + s) for o, s in zip(origin, shape))
        np.testing.assert_array_equal(volumes.patch(0, origin, shape), expected[box])


@pytest.mark.parametrize("origin, shape", [((0, 0, 1), (48, 48, 48)), ((-1, 0, 0), (2, 2, 2)),
                                           ((0, 0, 0), (0, 1, 1)), ((2**62, 0, 0), (2**62, 1, 1))])
def test_boxes_outside_the_volume_are_value_errors(volumes, origin, shape):
    with pytest.raises(ValueError, match="inside the volume of 48 voxels along axis"):
        volumes.patch(0, origin, shape)


def test_features_are_float16_with_channels_first(packed_features, scrolls):
    import stoker
    features = stoker.open(packed_features)
    voxels = tiff(scrolls, "images", features.name(1))
    found = features.volume(1, "features")
    assert found.dtype == np.float16 and found.shape == (6, 48, 48, 48)
    np.testing.assert_array_equal(found[0], (voxels.astype(np.float32) / 255).astype(np.float16))
    patch = features.patch(1, (1, 2, 3), (40, 7, 33), "features")
    np.testing.assert_array_equal(patch, found[:, 1:41, 2:9, 3:36])


def test_distances_are_int8(volumes):
    distance, label = volumes.volume(0, "distance"), volumes.volume(0, "label")
    assert distance.dtype == np.int8
    assert (distance[label == 1] <= 0).all() or (distance[label == 1] >= 0).all()


def test_fields_of_another_kind_are_value_errors(volumes, squares):
    with pytest.raises(ValueError, match="volumes.*'image' of axes 'HWC'"):
        squares.volume(0)
    with pytest.raises(ValueError, match="images.*'image' of axes 'ZYX'"):
        volumes.image(0)
    with pytest.raises(ValueError, match="no.*'colour'|colour"):
        squares.image(0, "colour")
