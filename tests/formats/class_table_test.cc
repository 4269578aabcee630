#include "formats/class_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kImages{"train/a.jpg", "train/b.JPG", "train/c.png"};

std::vector<int32_t> labels_of(std::string_view table, const std::string& column = {}) {
  return match_images(parse_class_table(table, column), kImages).labels;
}

std::string refusal(std::string_view table, const std::vector<std::string>& images = kImages) {
  try {
    match_images(parse_class_table(table, {}), images);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ClassTableTest, ReadsTheHeadersInUse) {
  for (const char* table :
       {"image,label\na,x\nb,y\nc,x\n",                                   // Kaggle
        "label,image_id\nx,a.jpg\ny,b.jpg\nx,c.png\n",                    // another order
        "id,breed\na,x\nb,y\nc,x\n",                                      // dog breeds
        "image_name,patient_id,target\na,p1,x\nb,p2,y\nc,p3,x\n",         // ISIC 2020
        "lesion,image_id,dx,age\n1,a,x,5\n2,b,y,6\n3,c,x,7\n",            // HAM10000
        "image,x,y\na,1.0,0.0\nb,0.0,1.0\nc,1.0,0.0\n",                   // ISIC 2018, 2019
        "filepath;class\ntrain/a.jpg;x\ntrain\\b.jpg;y\n./train/c;x\n",   // folders
        "data/train/a.jpg,x\ndata/train/b.jpg,y\ndata/train/c.png,x\n",   // no header
        "ImageId,PredictionString\na,x 1 2 3 4\nb,y 1 2 3 4\nc,x 5 6\n",  // ImageNet at Kaggle
        "\xef\xbb\xbf\"image\",\"label\"\r\n\"a.jpg\",\"x\"\r\nb,y\r\nc,x\r\n"}) {
    EXPECT_THAT(labels_of(table), ElementsAre(0, 1, 0)) << table;
  }
  EXPECT_THAT(labels_of("image,diagnosis,kind\na,1,x\nb,1,y\nc,1,x\n", "kind"),
              ElementsAre(0, 1, 0));
}

TEST(ClassTableTest, NumbersAreOrderedByValue) {
  const ClassTable table = parse_class_table("image,label\na,10\nb,9\nc,2\n", {});
  EXPECT_THAT(table.class_names, ElementsAre("2", "9", "10"));
  EXPECT_THAT(match_images(table, kImages).labels, ElementsAre(2, 1, 0));
}

TEST(ClassTableTest, TheNameToTheLetterGoesFirst) {
  const ClassTable table = parse_class_table("image,label\na.png,x\n", {});
  const std::vector<std::string> images{"a.PNG", "a.png", "q/a.png"};
  EXPECT_THAT(match_images(table, images).labels, ElementsAre(-1, 0, -1));
}

// "y" and "tag" may be classes: they are no names of a column of labels among others.
TEST(ClassTableTest, AClassMayBeCalledAsLabelsSometimesAre) {
  const ClassTable table = parse_class_table("image,tag,y\na,0,1\nb,1,0\nc,0,1\n", {});
  EXPECT_THAT(table.class_names, ElementsAre("tag", "y"));
  EXPECT_THAT(match_images(table, kImages).labels, ElementsAre(1, 0, 1));
}

TEST(ClassTableTest, WhatDoesNotMatchIsNoted) {
  const TableLabels found =
      match_images(parse_class_table("image,label\na,x\nb,\nd,x\ne,y\n", {}), kImages);
  EXPECT_THAT(found.labels, ElementsAre(0, -1, -1));
  ASSERT_EQ(found.notes.size(), 2u);
  EXPECT_EQ(found.notes[0].reason, "2 of 4 rows name no image of the source: d, e");
  EXPECT_EQ(found.notes[1].reason, "1 of 4 rows give no label: b");
}

TEST(ClassTableTest, ContradictionsAreRefusedWithTheLine) {
  EXPECT_THAT(refusal("image,label\na,x\na.jpg,y\n"), HasSubstr("line 3: train/a.jpg is y here"));
  EXPECT_THAT(refusal("image,label\na,x\n", {"p/a.jpg", "q/a.jpg"}),
              HasSubstr("line 2: 'a' may be p/a.jpg or q/a.jpg"));
  EXPECT_THAT(refusal("image,label\na,x\n", {"a.jpg", "a.png"}),
              HasSubstr("line 2: 'a' may be a.jpg or a.png"));
  EXPECT_EQ(refusal("image,label\na.png,x\n", {"a.PNG", "a.png"}), "no error");
  EXPECT_THAT(refusal("image,cat,dog\na,1,1\n"), HasSubstr("a is cat and dog"));
  EXPECT_THAT(refusal("image,label\nd,x\n"), HasSubstr("no row names an image"));
  EXPECT_THAT(refusal("one,two,three\n1,2,3\n"), HasSubstr("expected columns such as"));
  EXPECT_EQ(refusal("image,label\na,x\na.jpg,x\n"), "no error");
}

TEST(ClassTableTest, TheFolderDecidesAmongEqualNames) {
  const std::vector<std::string> images{"p/a.jpg", "q/a.jpg"};
  const ClassTable table = parse_class_table("image,label\nq/a.jpg,x\np/a.jpg,y\n", {});
  EXPECT_THAT(match_images(table, images).labels, ElementsAre(1, 0));
}

}  // namespace
}  // namespace stoker
