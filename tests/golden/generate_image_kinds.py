#!/usr/bin/python3
"""Writes tests/golden/image_kinds: many varieties of PNG, TIFF, WebP, BMP and PNM, 17 x 13 pixels.

Run with Debian's python3-pil and python3-numpy:  ./generate_image_kinds.py
Every image NAME has its pixels in NAME.rgb, as Pillow's convert("RGB") sees them: raw bytes, rows
top to bottom. Where Pillow has no answer, or a wrong one (16-bit gray is clipped, TIFF orientation
is applied on loading, jumps in RLE bitmaps) they come from the array that was written, by the rule in the comment. kinds.txt lists
name, height, width, channels (1: gray without alpha), orientation. Varieties that Pillow does not
write are put together here, byte by byte, from the formats' specifications.
"""
import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent / "image_kinds"
OUT.mkdir(exist_ok=True)
H, W = 13, 17
rows = []


def noise(channels, seed, depth=8):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 1 << depth, (H, W, channels)).astype(np.uint16 if depth > 8 else np.uint8)


def keep(name, data, channels=3, orientation=1, pixels=None):
    (OUT / name).write_bytes(data)
    if pixels is None:
        image = Image.open(io.BytesIO(data))
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.dtype == np.uint8 and pixels.shape[2] == 3
    (OUT / (name + ".rgb")).write_bytes(pixels.tobytes())
    rows.append(f"{name} {pixels.shape[0]} {pixels.shape[1]} {channels} {orientation}")


def save(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def gray3(array):
    return np.repeat(array.reshape(H, W, 1), 3, axis=2).astype(np.uint8)


# PNG ---------------------------------------------------------------------------------------------
def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height, bits, color, raw, extra=(), interlace=0, late=()):
    head = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, interlace)
    chunks = [chunk(b"IHDR", head), *extra, chunk(b"IDAT", zlib.compress(raw)), *late, chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def png_rows(array):
    return b"".join(b"\0" + row.tobytes() for row in array)


def orientation_tag(value):
    return b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + struct.pack("<HH", value, 0) + b"\0\0\0\0"


rgb = noise(3, 1)
color = Image.fromarray(rgb)
keep("rgb16.png", png(W, H, 16, 2, png_rows(noise(3, 2, 16).astype(">u2"))))
keep("gray_alpha16.png", png(W, H, 16, 4, png_rows(noise(2, 3, 16).astype(">u2"))))
keep("rgba16.png", png(W, H, 16, 6, png_rows(noise(4, 4, 16).astype(">u2"))))
# Gray of 16 bits: the upper byte.
gray16 = noise(1, 5, 16)
keep("gray16.png", png(W, H, 16, 0, png_rows(gray16.astype(">u2"))), 1, pixels=gray3(gray16 >> 8))
for bits in (2, 4):
    values = noise(1, 6 + bits, bits)[..., 0]
    packed = np.packbits(np.unpackbits(values[..., None], axis=2)[:, :, 8 - bits:].reshape(H, -1), axis=1)
    keep(f"gray{bits}.png", png(W, H, bits, 0, png_rows(packed)), 1)
    table = noise(3, 8 + bits)[0, : 1 << bits].tobytes()
    keep(f"palette{bits}.png", png(W, H, bits, 3, png_rows(packed), [chunk(b"PLTE", table)]))
passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
adam7 = b"".join(png_rows(rgb[y::dy, x::dx]) for x, y, dx, dy in passes if rgb[y::dy, x::dx].size)
keep("interlaced.png", png(W, H, 8, 2, adam7, interlace=1))
keep("gray_key.png", png(W, H, 8, 0, png_rows(rgb[..., 0]), [chunk(b"tRNS", b"\0\x20")]), 1)
keep("rgb_key.png", png(W, H, 8, 2, png_rows(rgb), [chunk(b"tRNS", b"\0\x20\0\x21\0\x22")]))
keep("exif6.png", png(W, H, 8, 2, png_rows(rgb), [chunk(b"eXIf", orientation_tag(6))]), 3, 6)
keep("exif8_behind_pixels.png", png(W, H, 8, 2, png_rows(rgb), late=[chunk(b"eXIf", orientation_tag(8))]), 3, 8)
# Gamma and a profile that is none: never applied, never spoken of.
broken = chunk(b"iCCP", b"broken\0\0" + zlib.compress(b"no profile at all"))
keep("broken_profile.png", png(W, H, 8, 2, png_rows(rgb), [chunk(b"gAMA", struct.pack(">I", 100000)), broken]), pixels=rgb)


# TIFF --------------------------------------------------------------------------------------------
def tiff(array, photometric, order="<", extra=None, compression=1, planar=1, tile=None, bits=None,
         rows_per_strip=5, tags=(), packed=None, second_page=False):
    """array: (H, W, samples) of uint8 or uint16; `packed`: rows of fewer than 8 bits instead."""
    samples = array.shape[2]
    bits = bits or array.dtype.itemsize * 8
    wide = array.astype(array.dtype.newbyteorder(order))
    pieces = []
    planes = [wide[..., s:s + 1] for s in range(samples)] if planar == 2 else [wide]
    for plane in planes:
        if tile:
            for y in range(0, H, tile):
                for x in range(0, W, tile):
                    full = np.zeros((tile, tile, plane.shape[2]), plane.dtype)
                    part = plane[y:y + tile, x:x + tile]
                    full[: part.shape[0], : part.shape[1]] = part
                    pieces.append(full.tobytes())
        else:
            source = packed if packed is not None else plane
            pieces += [source[y:y + rows_per_strip].tobytes() for y in range(0, H, rows_per_strip)]
    if compression == 8:
        pieces = [zlib.compress(piece) for piece in pieces]
    body, offsets = b"", []
    for piece in pieces:
        offsets.append(8 + len(body))
        body += piece + b"\0" * (len(piece) % 2)
    entries = {256: ("H", [W]), 257: ("H", [H]), 258: ("H", [bits] * samples), 259: ("H", [compression]),
               262: ("H", [photometric]), 277: ("H", [samples]), 284: ("H", [planar])}
    if tile:
        entries |= {322: ("H", [tile]), 323: ("H", [tile]), 324: ("I", offsets), 325: ("I", [len(p) for p in pieces])}
    else:
        entries |= {273: ("I", offsets), 278: ("H", [rows_per_strip]), 279: ("I", [len(p) for p in pieces])}
    if extra:
        entries[338] = ("H", list(extra))
    entries |= dict(tags)
    start = 8 + len(body)
    tail_at = start + 2 + 12 * len(entries) + 4
    directory, tail = struct.pack(order + "H", len(entries)), b""
    for tag in sorted(entries):
        code, values = entries[tag]
        data = struct.pack(f"{order}{len(values)}{code}", *values)
        directory += struct.pack(order + "HHI", tag, {"H": 3, "I": 4}[code], len(values))
        if len(data) > 4:
            directory += struct.pack(order + "I", tail_at + len(tail))
            tail += data + b"\0" * (len(data) % 2)
        else:
            directory += data.ljust(4, b"\0")
    following = start if second_page else 0  # the same directory again: two pages
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "I", start) + body + directory + struct.pack(order + "I", following) + tail


rgba = noise(4, 20)
premultiplied = np.concatenate([(rgba[..., :3].astype(int) * rgba[..., 3:] // 255).astype(np.uint8), rgba[..., 3:]], -1)
keep("rgba_plain_alpha.tif", tiff(rgba, 2, extra=[2]))
keep("rgba_big_endian.tif", tiff(rgba, 2, ">", extra=[2]))
keep("rgba_associated_alpha.tif", tiff(premultiplied, 2, extra=[1]))
keep("rgba_overflowing_alpha.tif", tiff(rgba, 2, extra=[1]))
keep("rgba_unnamed_fourth.tif", tiff(rgba, 2))
keep("rgbx.tif", tiff(rgba, 2, extra=[0]))
keep("rgba16.tif", tiff(noise(4, 21, 16), 2, extra=[2]))
keep("rgba16_associated.tif", tiff(noise(4, 22, 16), 2, ">", extra=[1]))
keep("rgb16.tif", tiff(noise(3, 23, 16), 2))
keep("gray_alpha.tif", tiff(noise(2, 24), 1, extra=[2]))
keep("planes.tif", tiff(rgb, 2, planar=2), pixels=rgb)
keep("planes_deflate.tif", tiff(rgb, 2, planar=2, compression=8))
keep("tiles.tif", tiff(rgb, 2, tile=16), pixels=rgb)
keep("tiles_deflate.tif", tiff(rgb, 2, tile=16, compression=8))
keep("cmyk.tif", tiff(noise(4, 25), 5))
keep("cmyk_deflate.tif", tiff(noise(4, 26), 5, ">", compression=8))
keep("cmyk16.tif", tiff(noise(4, 27, 16), 5))
keep("white_is_zero.tif", tiff(noise(1, 28), 0), 1)
gray = noise(1, 29)
keep("gray_deflate.tif", tiff(gray, 1, compression=8), 1)
keep("gray16.tif", tiff(gray16, 1), 1, pixels=gray3(gray16 >> 8))
keep("gray16_big_endian.tif", tiff(gray16, 1, ">"), 1, pixels=gray3(gray16 >> 8))
for bits in (1, 2, 4):
    values = noise(1, 30 + bits, bits)[..., 0]
    packed = np.packbits(np.unpackbits(values[..., None], axis=2)[:, :, 8 - bits:].reshape(H, -1), axis=1)
    keep(f"gray{bits}.tif", tiff(gray, 1, bits=bits, packed=packed), 1)
    keep(f"white_is_zero{bits}.tif", tiff(gray, 0, bits=bits, packed=packed), 1)
    table = [int(v) * 257 for v in np.random.default_rng(bits).integers(0, 256, 3 << bits)]
    keep(f"palette{bits}.tif", tiff(gray, 3, bits=bits, packed=packed, tags={320: ("H", table)}))
keep("palette8.tif", tiff(gray, 3, tags={320: ("H", [int(v) * 256 for v in np.random.default_rng(8).integers(0, 256, 768)])}))
keep("jpeg_ycbcr.tif", save(Image.fromarray(rgb), format="TIFF", compression="jpeg", quality=90))
keep("fax4.tif", save(color.convert("1"), format="TIFF", compression="group4"), 1)
keep("packbits.tif", save(color, format="TIFF", compression="packbits"))
keep("two_pages.tif", tiff(rgb, 2, second_page=True), pixels=rgb)
for orientation in range(2, 9):  # rows as they are stored; Pillow would turn them
    keep(f"orientation{orientation}.tif", tiff(rgb, 2, tags={274: ("H", [orientation])}), 3, orientation, rgb)

# WebP --------------------------------------------------------------------------------------------
keep("lossy.webp", save(color, format="WEBP", quality=60))
keep("lossy_alpha.webp", save(Image.fromarray(rgba, mode="RGBA"), format="WEBP", quality=60))
keep("animated.webp", save(color, format="WEBP", lossless=True, save_all=True,
                           append_images=[Image.fromarray(noise(3, 40))]))
keep("animated_alpha.webp", save(Image.fromarray(rgba, mode="RGBA"), format="WEBP", lossless=True, exact=True, save_all=True,
                                 append_images=[Image.fromarray(noise(4, 41), mode="RGBA")]))
exif = Image.Exif()
exif[0x0112] = 5
keep("exif5.webp", save(color, format="WEBP", lossless=True, exif=exif.tobytes()), 3, 5)


# BMP ---------------------------------------------------------------------------------------------
def bmp(bits, data, height=H, compression=0, palette=b"", header=40, masks=(), colors=0, width=W):
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 2835, 2835, colors, 0)
        info = info.ljust(header, b"\0") if header == 64 else (info + struct.pack(f"<{len(masks)}I", *masks)).ljust(header, b"\0")
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + palette + data


def bmp_rows(array, up=True):
    out = b""
    for row in array[::-1] if up else array:
        data = row.tobytes()
        out += data + b"\0" * (-len(data) % 4)
    return out


bgr = np.ascontiguousarray(rgb[..., ::-1])
keep("topdown.bmp", bmp(24, bmp_rows(bgr, up=False), height=-H), pixels=rgb)
keep("os2_24.bmp", bmp(24, bmp_rows(bgr), header=12))
five = noise(1, 50, 16)[..., 0]
five[0, :2] = (0x7FFF, 0xFFFF)  # white
keep("555.bmp", bmp(16, bmp_rows(five & 0x7FFF)))
keep("555_masks.bmp", bmp(16, bmp_rows(five & 0x7FFF), compression=3, masks=(0x7C00, 0x3E0, 0x1F)))
keep("565.bmp", bmp(16, bmp_rows(five), compression=3, masks=(0xF800, 0x7E0, 0x1F)))
keep("565_topdown.bmp", bmp(16, bmp_rows(five, up=False), height=-H, compression=3, masks=(0xF800, 0x7E0, 0x1F)))
keep("32.bmp", bmp(32, bmp_rows(rgba)))
keep("32_masks.bmp", bmp(32, bmp_rows(rgba), compression=3, masks=(0xFF0000, 0xFF00, 0xFF)))
keep("32_alpha_v5.bmp", bmp(32, bmp_rows(rgba), compression=3, header=124, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000)))
keep("32_rgba_v4.bmp", bmp(32, bmp_rows(rgba), compression=3, header=108, masks=(0xFF, 0xFF00, 0xFF0000, 0xFF000000)))
keep("32_xbgr_v4.bmp", bmp(32, bmp_rows(rgba), compression=3, header=108, masks=(0xFF000000, 0xFF0000, 0xFF00, 0)))
keep("24_v5.bmp", bmp(24, bmp_rows(bgr), header=124))
for bits in (1, 4, 8):
    values = noise(1, 60 + bits, bits)[..., 0]
    packed = np.packbits(np.unpackbits(values[..., None], axis=2)[:, :, 8 - bits:].reshape(H, -1), axis=1)
    table = np.random.default_rng(bits).integers(0, 256, (1 << bits, 4)).astype(np.uint8)
    table[:, 3] = 0
    keep(f"palette{bits}.bmp", bmp(bits, bmp_rows(packed), palette=table.tobytes()))
    keep(f"palette{bits}_os2.bmp", bmp(bits, bmp_rows(packed), palette=table[:, :3].tobytes(), header=12))
ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, axis=1).tobytes()
keep("gray.bmp", bmp(8, bmp_rows(gray[..., 0]), palette=ramp), 1)
inverse = np.repeat(np.arange(255, -1, -1).astype(np.uint8)[:, None], 4, axis=1).tobytes()
keep("gray_inverse_palette.bmp", bmp(8, bmp_rows(gray[..., 0]), palette=inverse), 1)
few = (gray[..., 0] // 32)[::-1]
table = np.random.default_rng(70).integers(0, 256, (16, 4)).astype(np.uint8).tobytes()
rle8 = b"".join(bytes([2, row[0]]) + bytes([0, 15]) + row[2:].tobytes() + b"\0" + b"\0\0" for row in few) + b"\0\1"
keep("rle8.bmp", bmp(8, rle8, compression=1, palette=table, colors=16))
rle4 = b"".join(bytes([5, row[0] << 4 | row[1], 12, row[2] << 4 | row[3], 0, 0]) for row in few) + b"\0\1"
keep("rle4.bmp", bmp(4, rle4, compression=2, palette=table))
jump = b"".join([bytes([3, 7, 0, 2, 4, 2, 5, 9, 0, 0])] * 4) + bytes([17, 3, 0, 0])
# Pillow 9.4 reads the two bytes of a jump twice; here the indices are placed as the format says:
# four to the right and two up, what was passed over being index 0.
placed = np.zeros((H, W), np.uint8)
for row in (0, 3, 6, 9):
    placed[row, :3] = 7
    placed[row + 2, 7:12] = 9
placed[12] = 3
colors = np.frombuffer(table, np.uint8).reshape(16, 4)[:, 2::-1]
keep("rle8_delta.bmp", bmp(8, jump, compression=1, palette=table, colors=16), pixels=colors[placed[::-1]])


# PNM ---------------------------------------------------------------------------------------------
def plain(array):
    return "\n".join(" ".join(str(v) for v in row.reshape(-1)) for row in array).encode() + b"\n"


one = noise(1, 80, 1)[..., 0]
keep("plain.pbm", b"P1\n# a comment\n17 13\n" + b"\n".join(b"".join(b"%d" % v for v in row) for row in one) + b"\n", 1)
keep("plain.pgm", b"P2\n17 13\n200\n" + plain(gray % 201), 1)
keep("plain.ppm", b"P3 17 13 # width, height\n255\n" + plain(rgb))
keep("plain_16_bits.ppm", b"P3 17 13 1000\n" + plain(noise(3, 81, 16) % 1001))
keep("binary.pbm", b"P4 17 13\n" + np.packbits(one, axis=1).tobytes(), 1)
keep("binary.pgm", b"P5\n17 13\n255\n" + gray.tobytes(), 1)
keep("binary_maxval_7.pgm", b"P5\n17 13\n7\n" + (gray % 8).tobytes(), 1)
keep("binary.ppm", b"P6\n# made by hand\n17 13\n255\n" + rgb.tobytes())
keep("binary_maxval_100.ppm", b"P6\n17 13\n100\n" + (rgb % 101).tobytes())
keep("binary_16_bits.ppm", b"P6\n17 13\n65535\n" + noise(3, 82, 16).astype(">u2").tobytes())
# Gray of 16 bits: stretched to 0..65535, then the upper byte.
keep("binary_16_bits.pgm", b"P5\n17 13\n65535\n" + gray16.astype(">u2").tobytes(), 1, pixels=gray3(gray16 >> 8))
twelve = noise(1, 83, 16) % 4096
stretched = np.array([round(int(v) / 4095 * 65535) >> 8 for v in twelve.reshape(-1)], np.uint8)
keep("binary_12_bits.pgm", b"P5\n17 13\n4095\n" + twelve.astype(">u2").tobytes(), 1, pixels=gray3(stretched))

(OUT / "kinds.txt").write_text("\n".join(rows) + "\n")

# What all eight orientations look like upright, by ImageOps.exif_transpose: of the array that the
# TIFFs hold.
upright = b""
for orientation in range(1, 9):
    turned = Image.fromarray(rgb)
    exif = turned.getexif()
    exif[0x0112] = orientation
    upright += ImageOps.exif_transpose(turned).tobytes()
(OUT / "upright_1_to_8.rgb").write_bytes(upright)
