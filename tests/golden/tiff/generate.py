#!/usr/bin/env python3
"""Write the TIFF golden files, with Pillow, tifffile and libtiff's tiffcp; none of our code takes part.

usage: generate.py      (needs python3-pil, python3-tifffile, libtiff-tools)

Every volume is 5 x 40 x 33 (z, y, x); voxel = (z * 10000 + y * 100 + x) modulo 256, or modulo 65536
where the name ends in _u16. Files named refused_* hold what the reader must refuse; label_* hold
(z + y + x) modulo 3 (of two values: modulo 2) in sample types that only labels may have.
"""
import os
import subprocess
import numpy as np
import tifffile
from PIL import Image, TiffImagePlugin

os.chdir(os.path.dirname(os.path.abspath(__file__)))
Z, Y, X = np.meshgrid(np.arange(5), np.arange(40), np.arange(33), indexing='ij')
VALUE = Z * 10000 + Y * 100 + X
U8, U16 = (VALUE % 256).astype(np.uint8), (VALUE % 65536).astype(np.uint16)


def pillow(name, volume, compression=None, **tags):
    pages = [Image.fromarray(page) for page in volume]
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        info[{'predictor': 317}[tag]] = value
    options = {'compression': compression} if compression else {}
    pages[0].save(name, save_all=True, append_images=pages[1:], tiffinfo=info, **options)


def tiffcp(options, source, name):
    subprocess.run(['tiffcp', *options, source, name], check=True)


pillow('pillow_none.tif', U8)
pillow('pillow_lzw.tif', U8, 'tiff_lzw')
pillow('pillow_lzw_predictor.tif', U8, 'tiff_lzw', predictor=2)
pillow('pillow_deflate.tif', U8, 'tiff_adobe_deflate')
pillow('pillow_packbits.tif', U8, 'packbits')
pillow('pillow_lzw_u16.tif', U16, 'tiff_lzw')

plain = dict(photometric='minisblack')
tifffile.imwrite('tifffile_none.tif', U8, **plain)
tifffile.imwrite('tifffile_bigtiff.tif', U8, bigtiff=True, **plain)
tifffile.imwrite('tifffile_big_endian_u16.tif', U16, byteorder='>', **plain)
tifffile.imwrite('tifffile_bigtiff_big_endian_u16.tif', U16, byteorder='>', bigtiff=True, **plain)
tifffile.imwrite('tifffile_tiles.tif', U8, tile=(16, 32), **plain)
tifffile.imwrite('tifffile_one_directory.tif', U8, truncate=True, **plain)
tifffile.imwrite('tifffile_trailing_axis.tif', U8[..., None], compression='zlib', **plain)
tifffile.imwrite('tifffile_leading_axis.tif', U8[None], compression='zlib', **plain)
tifffile.imwrite('tifffile_ome.tif', U8, ome=True, metadata={'axes': 'ZYX'}, compression='zlib', **plain)
tifffile.imwrite('imagej.tif', U8, imagej=True)
tifffile.imwrite('imagej_u16.tif', U16, imagej=True)

tiffcp(['-c', 'lzw:2', '-t', '-w', '16', '-l', '16'], 'pillow_none.tif', 'tiffcp_lzw_predictor_tiles.tif')
tiffcp(['-c', 'lzw:2', '-8', '-B'], 'pillow_lzw_u16.tif', 'tiffcp_lzw_predictor_bigtiff_big_endian_u16.tif')
tiffcp(['-c', 'lzw', '-r', '7'], 'pillow_none.tif', 'tiffcp_lzw_strips_of_7.tif')
tiffcp(['-c', 'zip:2', '-r', '11'], 'pillow_none.tif', 'tiffcp_deflate_predictor.tif')
# Deflate's older number: the same bytes under compression 32946.
with open('tiffcp_deflate_predictor.tif', 'rb') as f:
    data = bytearray(f.read())
entry = (259).to_bytes(2, 'little') + (3).to_bytes(2, 'little') + (1).to_bytes(4, 'little')
data = data.replace(entry + (8).to_bytes(2, 'little'), entry + (32946).to_bytes(2, 'little'))
with open('deflate_32946.tif', 'wb') as f:
    f.write(data)
os.remove('tiffcp_deflate_predictor.tif')

os.makedirs('series', exist_ok=True)
for z in range(5):
    Image.fromarray(U8[z]).save(f'series/slice_{z + 8}.tif')  # 8, 9, 10 ...: name order by number

Image.fromarray(np.zeros((8, 9, 3), np.uint8)).save('refused_colour.tif')
Image.fromarray(U8[0]).convert('P').save('refused_palette.tif')
Image.fromarray(U8[0]).convert('1').save('refused_1_bit.tif')
Image.fromarray(U8[0].astype(np.float32)).save('refused_float.tif')
Image.fromarray(U8[0]).save('refused_jpeg.tif', compression='jpeg')
tifffile.imwrite('refused_white_is_zero.tif', U8[0], photometric='miniswhite')
tifffile.imwrite('refused_signed.tif', U8[0].astype(np.int16), **plain)
tifffile.imwrite('refused_several_channels.tif', np.stack([U8[:2], U8[:2]], 1), imagej=True)
tifffile.imwrite('refused_ome_channels.tif', np.stack([U8, U8], 1), ome=True, compression='zlib',
                 metadata={'axes': 'ZCYX'}, **plain)
LABEL = (Z + Y + X) % 3
for dtype in ('uint16', 'int32', 'int64', 'float32'):
    tifffile.imwrite(f'label_{dtype}.tif', LABEL.astype(dtype), compression='zlib', **plain)
palette = [Image.fromarray(page.astype(np.uint8), 'P') for page in LABEL]
for page in palette:
    page.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
palette[0].save('label_palette.tif', save_all=True, append_images=palette[1:], compression='tiff_lzw')
bits = [Image.fromarray(page % 2 == 1) for page in LABEL]
bits[0].save('label_two_values.tif', save_all=True, append_images=bits[1:], compression='tiff_lzw')
first, second = Image.fromarray(U8[0, :20]), Image.fromarray(U8[0])
first.save('refused_page_sizes.tif', save_all=True, append_images=[second])
