#!/usr/bin/python3
"""Writes tests/golden/image with Pillow (and libjpeg-turbo's cjpeg for odd sampling).

Run with Debian's python3-pil and libjpeg-turbo-progs:  ./generate_images.py
Every image NAME has its pixels, as Pillow's convert("RGB") or convert("L") sees them, in NAME.rgb
or NAME.gray: raw bytes, rows top to bottom. golden.txt lists name, height, width. Images are small
and noisy on purpose: damage and wrong rounding must show.
"""
import io
import pathlib
import subprocess

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).parent / "image"
rows = []


def texture(height, width, channels, seed):
    """Smooth colour plus noise: exercises chroma upsampling and large DCT coefficients."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 90 * np.sin((c + 1) * x / 5.0 + y / (3.0 + c)) for c in range(channels)]
    noisy = np.stack(planes, -1) + rng.normal(0, 18, (height, width, channels))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def keep(name, data, modes=("RGB",)):
    (OUT / name).write_bytes(data)
    image = Image.open(io.BytesIO(data))
    rows.append(f"{name} {image.height} {image.width}")
    for mode in modes:
        suffix = {"RGB": ".rgb", "L": ".gray"}[mode]
        (OUT / (name + suffix)).write_bytes(image.convert(mode).tobytes())


def save(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def cjpeg(array, *options):
    ppm = save(Image.fromarray(array), format="PPM")
    return subprocess.run(["cjpeg", *options], input=ppm, stdout=subprocess.PIPE, check=True).stdout


def exif_with(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


color = Image.fromarray(texture(37, 53, 3, 1))
gray = Image.fromarray(texture(29, 41, 1, 2)[..., 0])
cmyk = Image.fromarray(texture(33, 26, 4, 3), mode="CMYK")

for sampling, name in ((0, "444"), (1, "422"), (2, "420")):
    keep(f"color_{name}.jpg", save(color, format="JPEG", quality=90, subsampling=sampling), ("RGB", "L"))
keep("color_440.jpg", cjpeg(np.asarray(color), "-quality", "90", "-sample", "1x2"))
keep("color_411.jpg", cjpeg(np.asarray(color), "-quality", "90", "-sample", "4x1"))
keep("color_restart.jpg", cjpeg(np.asarray(color), "-quality", "90", "-restart", "1"))
keep("color_arithmetic.jpg", cjpeg(np.asarray(color), "-quality", "90", "-arithmetic"))
keep("color_rgb.jpg", cjpeg(np.asarray(color), "-quality", "90", "-rgb"))
keep("gray.jpg", save(gray, format="JPEG", quality=85), ("RGB", "L"))
keep("progressive.jpg", save(color, format="JPEG", quality=90, progressive=True))
keep("exif_rotated.jpg", save(color, format="JPEG", quality=90, exif=exif_with(6)))
keep("one_pixel.jpg", save(color.crop((0, 0, 1, 1)), format="JPEG"))
adobe_cmyk = save(cmyk, format="JPEG", quality=92)
keep("cmyk.jpg", adobe_cmyk, ("RGB", "L"))
# The same coded data declared YCCK (transform byte 2 of the Adobe segment): other pixels, same path.
at = adobe_cmyk.index(b"Adobe") + 11
keep("ycck.jpg", adobe_cmyk[:at] + b"\x02" + adobe_cmyk[at + 1:])
# Broken Exif: an offset far outside the block. Pixels are whole.
good = save(color, format="JPEG", quality=90, exif=exif_with(6))
keep("broken_exif.jpg", good.replace(b"MM\x00*\x00\x00\x00\x08", b"MM\x00*\xff\xff\xff\xf8"))
# Stray bytes between two segments, and before the end-of-image marker.
jpeg = save(color, format="JPEG", quality=90)
keep("stray_bytes.jpg", jpeg[:2] + jpeg[2:-2] + b"\x00\x00\x00" + jpeg[-2:])

keep("rgb.png", save(color, format="PNG"), ("RGB", "L"))
keep("rgba.png", save(Image.fromarray(texture(21, 17, 4, 4), mode="RGBA"), format="PNG"))
keep("gray_alpha.png", save(Image.fromarray(texture(21, 17, 2, 5), mode="LA"), format="PNG"))
keep("gray.png", save(gray, format="PNG"), ("RGB", "L"))
palette = color.quantize(23)
keep("palette.png", save(palette, format="PNG"))
keep("palette_alpha.png", save(palette, format="PNG", transparency=3))
keep("one_bit.png", save(gray.convert("1"), format="PNG"))
keep("rgb.bmp", save(color, format="BMP"))
keep("palette.bmp", save(palette, format="BMP"))
keep("lossless.webp", save(color, format="WEBP", lossless=True))
keep("rgba.webp", save(Image.fromarray(texture(21, 17, 4, 6), mode="RGBA"), format="WEBP", lossless=True, exact=True))
keep("rgb.tif", save(color, format="TIFF", compression="tiff_lzw"))

# 16-bit gray, written by arithmetic: pixel (y, x) is 256 * (3 y + 2 x) + 201; its upper byte is kept.
y, x = np.mgrid[0:19, 0:23]
sixteen = (256 * (3 * y + 2 * x) + 201).astype(np.uint16)
(OUT / "gray16.png").write_bytes(save(Image.fromarray(sixteen), format="PNG"))

(OUT / "frames.gif").write_bytes(save(palette, format="GIF"))
(OUT / "golden.txt").write_text("\n".join(rows) + "\n")
