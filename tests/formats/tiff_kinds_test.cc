// Which pages of a TIFF are taken for planes of a volume, and what is said of the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "formats/tiff.h"
#include "libdata/core/error.h"
#include "tests/formats/tiff_builder.h"

namespace stoker {
namespace {

using ::testing::AllOf;
using testing::bytes_of_values;
using ::testing::HasSubstr;
using testing::stack_of;
using testing::TiffBuilder;
using testing::TiffPageSpec;

constexpr uint32_t kHeight = 3;
constexpr uint32_t kWidth = 5;

// z * 40 + y * 10 + x, small enough for eight bits.
std::vector<uint8_t> drawn(uint32_t depth) {
  std::vector<uint8_t> voxels;
  for (uint32_t z = 0; z < depth; ++z) {
    for (uint32_t i = 0; i < kHeight * kWidth; ++i)
      voxels.push_back(static_cast<uint8_t>(z * 40 + i / kWidth * 10 + i % kWidth));
  }
  return voxels;
}

TiffPageSpec page_at(uint32_t z) {
  TiffPageSpec page;
  page.height = kHeight;
  page.width = kWidth;
  const std::vector<uint8_t> all = drawn(z + 1);
  page.pixels.assign(all.end() - kHeight * kWidth, all.end());
  return page;
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::kUnsupported || error.code() == ErrorCode::kCorrupt);
    return error.message();
  }
  return "nothing was thrown";
}

std::string refusal_of(const Bytes& file) {
  return error_of([&] { decode_tiff_u8(file); });
}

Bytes described(uint32_t depth, const std::string& description) {
  TiffPageSpec page;
  page.description = description;
  return stack_of(depth, kHeight, kWidth, drawn(depth), page);
}

// ---- descriptions

constexpr const char* kOme =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/"
    "OME/2016-06\"><Image ID=\"Image:0\"><Pixels ID=\"Pixels:0\" DimensionOrder=\"XYCZT\" "
    "Type=\"uint8\" SizeX=\"5\" SizeY=\"3\" ";

TEST(TiffDescription, OmeChannelsAreNoPlanes) {
  const std::string two = std::string(kOme) + "SizeC=\"2\" SizeZ=\"3\" SizeT=\"1\"/></Image></OME>";
  EXPECT_THAT(refusal_of(described(6, two)),
              AllOf(HasSubstr("several channels"), HasSubstr("SizeC 2"), HasSubstr("SizeZ 3")));
  const std::string channels =
      std::string(kOme) + "SizeT='1' SizeZ='1' SizeC = '6'></Pixels></OME>";
  EXPECT_THAT(refusal_of(described(6, channels)), HasSubstr("SizeC 6"));
  const std::string prefixed =
      "<ome:OME><ome:Pixels\n SizeC=\"2\"\n SizeZ=\"3\"></ome:Pixels></ome:OME>";
  EXPECT_THAT(refusal_of(described(6, prefixed)), HasSubstr("SizeC 2"));
  const std::string times = std::string(kOme) + "SizeC=\"1\" SizeZ=\"3\" SizeT=\"2\"/></OME>";
  EXPECT_THAT(refusal_of(described(6, times)), HasSubstr("SizeT 2"));
}

TEST(TiffDescription, OmeVolumesOfOneChannelAreTaken) {
  const std::string one = std::string(kOme) + "SizeC=\"1\" SizeZ=\"6\" SizeT=\"1\"/></Image></OME>";
  EXPECT_EQ(decode_tiff_u8(described(6, one)).voxels, drawn(6));
  const std::string other = "<OME><BinaryOnly MetadataFile=\"a.companion.ome\"/></OME>";
  EXPECT_EQ(decode_tiff_u8(described(6, other)).voxels, drawn(6));
}

TEST(TiffDescription, OmePlanesThatAreNotThereAreMissed) {
  const std::string text = std::string(kOme) + "SizeC=\"1\" SizeZ=\"7\" SizeT=\"1\"/></OME>";
  EXPECT_THAT(refusal_of(described(6, text)), HasSubstr("promises 7 planes, found 6 pages"));
}

TEST(TiffDescription, MicroManagerChannelsAreNoPlanes) {
  const std::string summary = R"({"Channels": 2, "Slices": 3, "Frames": 1, "PixelType": "GRAY8"})";
  EXPECT_THAT(refusal_of(described(6, summary)), HasSubstr("Micro-Manager: Channels 2, Slices 3"));
  EXPECT_THAT(refusal_of(described(6, "{\"Summary\": " + summary + "}")), HasSubstr("Channels 2"));
  TiffBuilder tagged;
  for (uint32_t z = 0; z < 6; ++z) {
    TiffPageSpec page = page_at(z);
    page.micro_manager = summary;
    tagged.add(page);
  }
  EXPECT_THAT(refusal_of(tagged.bytes()), HasSubstr("Channels 2"));
  const std::string one = R"({"Channels": 1, "Slices": 6, "Frames": 1})";
  EXPECT_EQ(decode_tiff_u8(described(6, one)).voxels, drawn(6));
}

TEST(TiffDescription, ImageJChannelsBesideSlicesAreNoPlanes) {
  const std::string both = "ImageJ=1.53c\nimages=6\nchannels=2\nslices=3\nhyperstack=true\n";
  EXPECT_THAT(refusal_of(described(6, both)), HasSubstr("ImageJ: channels 2, slices 3"));
  const std::string composite = "ImageJ=1.53c\nimages=6\nchannels=6\nmode=composite\n";
  EXPECT_THAT(refusal_of(described(6, composite)), HasSubstr("channels 6"));
  // What writers without axis names make of a gray stack.
  const std::string gray = "ImageJ=1.11a\nimages=6\nchannels=6\nhyperstack=true\nmode=grayscale";
  EXPECT_EQ(decode_tiff_u8(described(6, gray)).voxels, drawn(6));
}

TEST(TiffDescription, AxesOfOneInAShapeCountForNothing) {
  for (const char* shape :
       {R"({"shape": [6, 3, 5]})", R"({"shape": [6, 3, 5, 1]})", R"({"shape": [1, 6, 3, 5]})",
        R"({"shape": [1, 6, 1, 3, 5, 1]})", R"({"shape": [6, 1, 1, 3, 5]})",
        R"({"shape": [1, 1, 6, 3, 5], "axes": "TCZYX"})"}) {
    EXPECT_EQ(decode_tiff_u8(described(6, shape)).voxels, drawn(6)) << shape;
  }
}

TEST(TiffDescription, LongAxesInAShapeAreNamed) {
  EXPECT_THAT(refusal_of(described(6, R"({"shape": [2, 3, 3, 5], "axes": "CZYX"})")),
              HasSubstr("C 2, Z 3"));
  EXPECT_THAT(refusal_of(described(6, R"({"shape": [2, 3, 3, 5]})")),
              HasSubstr("axis 0 2, axis 1 3"));
  EXPECT_THAT(refusal_of(described(6, R"({"shape": [6, 3, 5], "axes": "CYX"})")), HasSubstr("C 6"));
}

TEST(TiffDescription, OfAnotherPictureIsPassedOver) {
  for (const char* text : {R"({"shape": [2, 9, 9]})", R"({"shape": []})", R"({"shape": "6"})",
                           R"({"shape": [-6, 3, 5]})", "{", "ImageJ=", "<OME", "<html>OME</html>",
                           "ImageJ=1\nimages=99999999999999999999999\n"}) {
    EXPECT_EQ(decode_tiff_u8(described(4, text)).voxels, drawn(4)) << text;
  }
}

// ---- pages

TEST(TiffPages, ThumbnailsSmallerCopiesAndMasksAreNoPlanes) {
  TiffPageSpec thumbnail;
  thumbnail.height = 1;
  thumbnail.width = 2;
  thumbnail.pixels = {7, 8};
  thumbnail.subfile_type = 1;
  TiffPageSpec mask = page_at(0);
  mask.subfile_type = 4;
  TiffBuilder builder;
  builder.add(thumbnail).add(page_at(0)).add(mask).add(page_at(1)).add(page_at(2)).add(thumbnail);
  const TiffStackInfo info = probe_tiff(builder.bytes());
  EXPECT_EQ(info.size_zyx, (std::array<int64_t, 3>{3, kHeight, kWidth}));
  EXPECT_EQ(info.asides, 3u);
  EXPECT_EQ(decode_tiff_u8(builder.bytes()).voxels, drawn(3));
  EXPECT_GE(tiff_voxel_bound(builder.bytes()).voxels, 3u * kHeight * kWidth);
}

TEST(TiffPages, PageOfMultiPageDocumentIsAPlane) {
  TiffBuilder builder;
  for (uint32_t z = 0; z < 2; ++z) {
    TiffPageSpec page = page_at(z);
    page.subfile_type = 2;
    builder.add(page);
  }
  EXPECT_EQ(decode_tiff_u8(builder.bytes()).voxels, drawn(2));
}

TEST(TiffPages, NothingButThumbnailsIsNoVolume) {
  TiffPageSpec page = page_at(0);
  page.subfile_type = 1;
  EXPECT_THAT(refusal_of(TiffBuilder().add(page).bytes()), HasSubstr("NewSubfileType"));
}

TEST(TiffPages, AnUnmarkedPageOfAnotherSizeIsNamedByItsZ) {
  TiffPageSpec odd = page_at(2);
  odd.height = 1;
  odd.pixels.resize(kWidth);
  TiffBuilder builder;
  builder.add(page_at(0)).add(page_at(1)).add(odd);
  EXPECT_THAT(refusal_of(builder.bytes()),
              AllOf(HasSubstr("page at z 2"), HasSubstr("found 1 x 5 uint8")));
  const ByteSpan file = builder.bytes();
  const TiffStackInfo info = probe_tiff(file);
  EXPECT_THAT(error_of([&] { check_all_pages({&file, 1}, info); }), HasSubstr("page at z 2"));
}

TEST(TiffPages, ADirectoryThatIsCutIsNamedByItsPage) {
  TiffBuilder builder;
  builder.add(page_at(0)).add(page_at(1)).add(page_at(2));
  const Bytes cut(builder.bytes().begin(), builder.bytes().end() - 30);
  EXPECT_THAT(refusal_of(cut), HasSubstr("page 3 of the file, at z 2"));
}

TEST(TiffPages, AbsentStripsAreNamedWhereTheFileClaimsMoreThanItStores) {
  TiffPageSpec absent;
  absent.height = 400;
  absent.width = 500;
  absent.absent = true;
  TiffPageSpec whole = absent;
  whole.absent = false;
  whole.pixels.assign(400 * 500, 3);
  TiffBuilder builder;
  builder.add(whole).add(absent);
  EXPECT_THAT(refusal_of(builder.bytes()), AllOf(HasSubstr("page at z 1"), HasSubstr("absent")));
}

TEST(TiffPages, AbsentStripsOfACompressedFileAreZeros) {
  TiffPageSpec packed = page_at(0);  // PackBits: one run of 15 sevens
  packed.compression = 32773;
  packed.pixels = {static_cast<uint8_t>(-14), 7};
  TiffPageSpec absent = packed;
  absent.absent = true;
  TiffBuilder builder;
  builder.add(packed).add(absent).add(packed);
  const ByteSpan file = builder.bytes();
  const TiffStackInfo info = probe_tiff(file);
  Bytes voxels(info.volume_bytes(), 99);
  EXPECT_EQ(decode_tiff_planes({&file, 1}, info, 0, 3, voxels), 1u);
  Bytes expected(45, 7);
  std::fill(expected.begin() + 15, expected.begin() + 30, uint8_t{0});
  EXPECT_EQ(voxels, expected);
}

// ---- intensities

struct Kind {
  const char* name;
  TiffPageSpec page;
  const char* found;
  const char* way_out;
};

TiffPageSpec kind_of_page(uint16_t bits, uint16_t format, uint16_t photometric = 1,
                          uint16_t samples = 1) {
  TiffPageSpec page;
  page.height = 2;
  page.width = 4;
  page.bits = bits;
  page.format = format;
  page.photometric = photometric;
  page.samples = samples;
  page.pixels.assign(size_t{8} * samples * std::max<size_t>(bits / 8, 1), 1);
  return page;
}

TEST(TiffIntensities, OfOtherKindsAreRefusedOnceWithTheWayOut) {
  const std::vector<Kind> kinds{
      {"int8", kind_of_page(8, 2), "signed of 8 bits", "+ 128"},
      {"int16", kind_of_page(16, 2), "signed of 16 bits", "+ 32768"},
      {"uint32", kind_of_page(32, 1), "unsigned of 32 bits", "np.interp"},
      {"float32", kind_of_page(32, 3), "float of 32 bits", "np.interp"},
      {"complex", kind_of_page(64, 6), "complex of 64 bits", "abs(v)"},
      {"one bit", kind_of_page(1, 1), "unsigned of 1 bits", "255 *"},
      {"colour", kind_of_page(8, 1, 2, 3), "found colour (3 samples", "mean(-1)"},
      {"gray and alpha", kind_of_page(8, 1, 1, 2), "found colour (2 samples", "mean(-1)"},
      {"palette", kind_of_page(8, 1, 3), "found a palette", "8- or 16-bit gray"},
      {"white is zero", kind_of_page(8, 1, 0), "white as 0", "np.invert"},
  };
  for (const Kind& kind : kinds) {
    const std::string message = refusal_of(TiffBuilder().add(kind.page).bytes());
    EXPECT_THAT(message, AllOf(HasSubstr(kind.found), HasSubstr(kind.way_out))) << kind.name;
    EXPECT_EQ(message.find("expected 8-bit"), std::string::npos) << message;
  }
}

TEST(TiffIntensities, SixteenBitsAreTaken) {
  std::vector<uint16_t> voxels(kHeight * kWidth, 40000);
  voxels[3] = 1;
  const Bytes file = stack_of(1, kHeight, kWidth, voxels);
  EXPECT_EQ(decode_tiff_u16(file).voxels, voxels);
  EXPECT_EQ(tiff_voxel_bound(file).dtype, DType::kUInt16);
}

// ---- labels

const std::vector<uint8_t> kLabels{0, 1, 2, 0, 2, 1, 1, 0};

Bytes decode_labels(const Bytes& file) {
  const ByteSpan span = file;
  const TiffStackInfo info = probe_tiff(span, TiffContent::kLabel);
  EXPECT_EQ(info.dtype, DType::kUInt8);
  Bytes labels(info.volume_bytes());
  decode_tiff({&span, 1}, info, labels);
  return labels;
}

template <typename Value>
TiffPageSpec label_page(uint16_t format, const std::vector<uint8_t>& labels) {
  TiffPageSpec page = kind_of_page(8 * sizeof(Value), format);
  page.pixels = bytes_of_values(std::vector<Value>(labels.begin(), labels.end()));
  return page;
}

template <typename Value>
void expect_labels_of(uint16_t format) {
  EXPECT_EQ(decode_labels(TiffBuilder().add(label_page<Value>(format, kLabels)).bytes()), kLabels);
  TiffPageSpec wrong = label_page<Value>(format, {0, 1, 2, 0, 2, 3, 1, 0});
  if (sizeof(Value) == 1) return;  // looked at where labels are cut into bricks
  const Bytes file = TiffBuilder().add(label_page<Value>(format, kLabels)).add(wrong).bytes();
  EXPECT_THAT(error_of([&] { decode_labels(file); }),
              AllOf(HasSubstr("page at z 1"), HasSubstr("label value 3"), HasSubstr("y 1, x 1")));
}

TEST(TiffLabels, OfEverySampleTypeAreTheirNumbers) {
  expect_labels_of<uint8_t>(1);
  expect_labels_of<int8_t>(2);
  expect_labels_of<uint16_t>(1);
  expect_labels_of<int16_t>(2);
  expect_labels_of<uint32_t>(1);
  expect_labels_of<int32_t>(2);
  expect_labels_of<uint64_t>(1);
  expect_labels_of<int64_t>(2);
  expect_labels_of<float>(3);
  expect_labels_of<double>(3);
}

TEST(TiffLabels, OfAPaletteAreItsNumbers) {
  TiffPageSpec page = label_page<uint8_t>(1, kLabels);
  page.photometric = 3;
  EXPECT_EQ(decode_labels(TiffBuilder().add(page).bytes()), kLabels);
}

TEST(TiffLabels, OfLessThanAByteAreUnpackedRowByRow) {
  TiffPageSpec page = kind_of_page(1, 1);
  page.height = 2;
  page.width = 10;
  page.pixels = {0b10110000, 0b01000000, 0b00000001, 0b10000000};
  EXPECT_EQ(decode_labels(TiffBuilder().add(page).bytes()),
            (Bytes{1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0}));
  page.bits = 4;
  page.width = 3;
  page.photometric = 3;
  page.pixels = {0x12, 0x00, 0x01, 0x20};
  EXPECT_EQ(decode_labels(TiffBuilder().add(page).bytes()), (Bytes{1, 2, 0, 0, 1, 2}));
}

TEST(TiffLabels, WithWhiteAsZeroGetAdviceThatKeepsThem) {
  TiffPageSpec page = label_page<uint8_t>(1, kLabels);
  page.photometric = 0;
  const Bytes file = TiffBuilder().add(page).bytes();
  const std::string message = error_of([&] { decode_labels(file); });
  EXPECT_THAT(message, AllOf(HasSubstr("labels"), HasSubstr("change the tag alone")));
  EXPECT_EQ(message.find("np.invert"), std::string::npos);
}

TEST(TiffLabels, OfColourAreRefusedAsLabels) {
  const Bytes file = TiffBuilder().add(kind_of_page(8, 1, 2, 3)).bytes();
  EXPECT_THAT(error_of([&] { decode_labels(file); }), HasSubstr("not colours"));
}

}  // namespace
}  // namespace stoker
