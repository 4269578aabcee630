"""Prints the results of one run as a table: table.py RESULTS_FOLDER

Each result is a JSON file NAME.json with images_per_second. A row compares ours with a peer's.
"""
import json
import pathlib
import sys

ROWS = [  # what, ours, peer, the ratio asked for
    ("load JPEG 500 px q90, FFCV", "ours_jpeg500", "ffcv_jpeg500", 2.5),
    ("load JPEG 500, --fast-scale, FFCV", "ours_jpeg500_fast", "ffcv_jpeg500", None),
    ("load half raw 400 px, FFCV", "ours_mixed400", "ffcv_mixed400", 2.5),
    ("load raw 400 px, FFCV", "ours_raw400", "ffcv_raw400", 3.5),
    ("load original files, torchvision", "ours_original", "torchvision_original", 3.5),
    ("load original files, WebDataset", "ours_original", "webdataset_original", None),
    ("pack 500 px q90 re-encoded, FFCV", "pack_reencode", "ffcv_write_jpeg500", 1.5),
    ("pack 500 px q90, bytes kept where they fit, FFCV", "pack_default", "ffcv_write_jpeg500", 5.0),
    ("ablation: + stop and skip", "ours_jpeg500_area", "ours_jpeg500_full", None),
    ("ablation: + own resize", "ours_jpeg500", "ours_jpeg500_full", None),
    ("ablation: + scaled decode", "ours_jpeg500_fast", "ours_jpeg500_full", None),
    ("1 to 2 threads: JPEG 500", "ours_jpeg500", "ours_jpeg500_one", 1.9),
    ("1 to 2 threads: raw 400", "ours_raw400", "ours_raw400_one", 1.9),
    ("1 to 2 threads: original", "ours_original", "ours_original_one", 1.9),
]


def main():
    folder = pathlib.Path(sys.argv[1])
    results = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    print(f"{'what':50} {'ours':>9} {'peer':>9} {'ratio':>6} {'asked':>6} {'CPU ratio':>10}")
    for what, ours, peer, asked in ROWS:
        if ours not in results or peer not in results:
            print(f"{what:50} not run")
            continue
        a, b = results[ours], results[peer]
        cpu = "cpu_seconds_per_1000_images"
        cpu_ratio = f"{b[cpu] / a[cpu]:.2f}" if cpu in a and cpu in b else ""
        ratio = a["images_per_second"] / b["images_per_second"]
        print(f"{what:50} {a['images_per_second']:9.0f} {b['images_per_second']:9.0f} {ratio:6.2f} "
              f"{asked or '':>6} {cpu_ratio:>10}")
    device = results.get("ours_device_raw256")
    if device:
        print(f"{'device mode, raw 256 px: share of memcpy bandwidth':50} "
              f"{device['share_of_memcpy']:9.2f} {'':9} {'':6} {0.75:>6}")


if __name__ == "__main__":
    main()
