#include "harness/media/write_image.hpp"

#include <fcntl.h>
#include <functional>
#include <map>

#include <gmock/gmock.h>

#include "tests/media/emulated_card.hpp"
#include "tests/media/sample_image.hpp"

namespace coldboot {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t mib = std::size_t{1} << 20U;

const BootMedium::Tell nobody;

class ImagesOnACard : public testing::Test {
 protected:
  /// An image in a file, with its map beside it where `map` says which version.
  std::filesystem::path image_file(const SampleImage& image, const std::string& map = "") const {
    const std::filesystem::path file = folder.write("card.img", image.bytes);
    if (!map.empty()) (void)folder.write("card.img.bmap", block_map_of(image, map));
    return file;
  }
  Result<MediumContent> write(const std::filesystem::path& file, ImageTarget& target, const Until& until = Until(),
                              const BootMedium::Tell& tell = nobody) const {
    const auto image = look_at_image(file);
    if (!image) return image.error();
    return write_image(*image, target, clock, tell, until);
  }
  Result<MediumContent> compare(const std::filesystem::path& file, ImageTarget& target) const {
    const auto image = look_at_image(file);
    if (!image) return image.error();
    return compare_image(*image, target, clock, nobody, Until());
  }

  TemporaryFolder folder;
  SteadyClock clock;
  std::mt19937 random{7};
};

/// What a card must hold: the image where it is mapped (or everywhere), what was there before elsewhere.
std::string expected_on(const EmulatedCard& card, const SampleImage& image, bool by_map, char before) {
  std::string expected(card.content.size(), before);
  for (std::size_t at = 0; at < image.bytes.size(); ++at) {
    if (!by_map || image.mapped[at / sample_block]) expected[at] = image.bytes[at];
  }
  return expected;
}

// The property: whatever the image, however it is packed, with or without a map.
TEST_F(ImagesOnACard, SurviveWritingAndReadingBackInEveryFormat) {
  const std::map<std::string, std::function<std::filesystem::path(const std::filesystem::path&)>> packers = {
      {"raw", [](const auto& file) { return file; }},
      {"xz", &packed_xz},
      {"zstd", &packed_zstd},
      {"gzip", &packed_gzip}};
  for (const std::size_t size : {std::size_t{1}, 3 * sample_block + 17, mib, 2 * mib + 4097}) {
    for (const std::string map : {"", "1.3", "2.0"}) {
      const SampleImage image = SampleImage::random(random, size, 0.4, 6);
      std::filesystem::remove(folder.path() / "card.img.bmap");
      const auto file = image_file(image, map);
      for (const auto& [name, pack] : packers) {
        EmulatedCard card(size + 1000, 'b');
        const auto packed = pack(file);
        const auto content = write(packed, card);
        ASSERT_TRUE(content) << name << " " << size << " " << map << ": " << content.error().text();
        EXPECT_TRUE(card.content == expected_on(card, image, !map.empty(), 'b')) << name << " " << size << " " << map;
        EXPECT_EQ(content->sha256, hash_of_text(text_of(packed)));
        EXPECT_EQ(content->image_bytes, size);
        EXPECT_EQ(content->written_bytes, card.written);
        EXPECT_FALSE(card.has_unsynced);
        const auto same = compare(packed, card);
        ASSERT_TRUE(same) << same.error().text();
        EXPECT_FALSE(same->differs_at);
      }
    }
  }
}

TEST_F(ImagesOnACard, OfSixtyFourMebibytesGoToAFileThroughEveryFormat) {
  const SampleImage image = SampleImage::random(random, 64 * mib, 0.05, 300);
  const auto file = image_file(image, "2.0");
  const std::string disk = folder.path() / "disk";
  for (const auto& packed : {file, packed_xz(file), packed_zstd(file), packed_gzip(file)}) {
    put_text(disk, "");
    std::filesystem::resize_file(disk, 64 * mib);
    const auto target = opened_target(Descriptor(::open(disk.c_str(), O_RDWR | O_CLOEXEC)), disk, 64 * mib);
    const auto content = write(packed, *target);
    ASSERT_TRUE(content) << content.error().text();
    EXPECT_EQ(content->proof, "read back after the host's copy was given up");
    EXPECT_TRUE(text_of(disk) == image.bytes) << packed;
    EXPECT_LT(content->written_bytes, 20 * mib) << "what is not mapped was left out";
  }
}

TEST_F(ImagesOnACard, InSeveralPiecesAreOne) {
  const std::string half(mib, 'h');
  const std::filesystem::path file = folder.write("half", half);
  for (const auto& [pack, suffix] : {std::pair(&packed_xz, ".xz"), {&packed_zstd, ".zst"}, {&packed_gzip, ".gz"}}) {
    const std::string one = text_of(pack(file));
    EmulatedCard card(2 * mib);
    const auto content = write(folder.write(std::string("two") + suffix, one + one), card);
    ASSERT_TRUE(content) << suffix << content.error().text();
    EXPECT_TRUE(card.content == half + half) << suffix;
  }
}

TEST_F(ImagesOnACard, PackedByPzstdAreZstd) {
  const std::string skipped("\x50\x2a\x4d\x18\x04\0\0\0size", 12);
  const std::string packed = text_of(packed_zstd(folder.write("half", std::string(mib, 'h'))));
  EmulatedCard card(2 * mib);
  const auto content = write(folder.write("card.img.zst", skipped + packed + skipped + packed), card);
  ASSERT_TRUE(content) << content.error().text();
  EXPECT_TRUE(card.content == std::string(2 * mib, 'h'));
}

TEST_F(ImagesOnACard, AreNotWrittenWhenTheyAreTooLarge) {
  const auto file = image_file({.bytes = std::string(3 * mib, 'x')});
  for (const auto& packed : {file, packed_xz(file), packed_zstd(file)}) {
    EmulatedCard card(2 * mib);
    const auto content = write(packed, card);
    ASSERT_FALSE(content);
    EXPECT_EQ(content.error().cause(), Cause::mistake);
    EXPECT_THAT(content.error().text(), AllOf(HasSubstr("has 3145728 bytes"), HasSubstr("card has room for 2097152"),
                                              HasSubstr("nothing was written to card")));
    EXPECT_EQ(card.written, 0U);
  }
}

TEST_F(ImagesOnACard, ThatTurnOutTooLargeStopAtTheEndOfTheCard) {
  const std::filesystem::path file = folder.write("half", std::string(2 * mib, 'h'));
  const std::string one = text_of(packed_zstd(file));
  EmulatedCard card(3 * mib);
  const auto content = write(folder.write("two.zst", one + one), card);  // the head speaks of its first half only
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().text(), HasSubstr("what is on card now is undefined: 3 MiB of the image were written"));
  EmulatedCard small(mib);
  EXPECT_THAT(write(packed_gzip(file), small).error().text(), HasSubstr("card has room for 1048576; what is on card"));
}

TEST_F(ImagesOnACard, CutOffAnywhereAreFaults) {
  const auto file = image_file(SampleImage::random(random, mib, 0.7, 3));
  for (const auto& packed : {packed_xz(file), packed_zstd(file), packed_gzip(file)}) {
    const std::string whole = text_of(packed);
    for (const std::size_t length : {std::size_t{20}, whole.size() / 2, whole.size() - 1}) {
      put_text(packed, whole.substr(0, length));
      EmulatedCard card(2 * mib);
      const auto content = write(packed, card);
      ASSERT_FALSE(content) << packed << " " << length;
      EXPECT_EQ(content.error().cause(), Cause::mistake);
      EXPECT_THAT(content.error().text(), HasSubstr(packed.filename().string() + ": is cut off after"));
    }
  }
}

TEST_F(ImagesOnACard, DamagedAreFaults) {
  const auto file = image_file(SampleImage::random(random, mib, 0.7, 3));
  for (const auto& packed :
       {packed_xz(file), packed_by({"zstd", "--quiet", "--force", "--check"}, file, ".zst"), packed_gzip(file)}) {
    std::string damaged = text_of(packed);
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x10);
    put_text(packed, damaged);
    EmulatedCard card(2 * mib);
    const auto content = write(packed, card);
    ASSERT_FALSE(content) << packed;
    EXPECT_EQ(content.error().cause(), Cause::mistake) << content.error().text();
  }
}

TEST_F(ImagesOnACard, OfFormatsNobodyUnpacksAreNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"BZh91AY&SY", "bzip2"}, {"PK\x03\x04....", "zip"}, {"QFI\xfb....", "qcow2"}, {"\x3a\xff\x26\xed...", "Android"}};
  for (const auto& [begin, name] : cases) {
    const auto image = look_at_image(folder.write("card.img", begin));
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().cause(), Cause::mistake);
    EXPECT_THAT(image.error().text(), HasSubstr(fmt::format("found a {}", name)));
  }
  const auto image = look_at_image(folder.write("card.img.xz", "not packed at all"));
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().text(), HasSubstr("is named .xz, but does not begin as xz does"));
}

TEST_F(ImagesOnACard, ThatAreNotThereOrNoFilesAreFaults) {
  EXPECT_EQ(look_at_image(folder.path() / "nothing.img").error().cause(), Cause::missing);
  EXPECT_THAT(look_at_image(folder.path()).error().text(), HasSubstr("is no regular file"));
  EXPECT_THAT(look_at_image(folder.write("empty.img", "")).error().text(), HasSubstr("is empty"));
}

TEST_F(ImagesOnACard, ThatAskForTooMuchMemoryAreRefused) {
  const auto file = image_file({.bytes = std::string(mib, 'x')});
  const auto greedy = packed_by({"xz", "--keep", "--force", "--lzma2=dict=512MiB"}, file, ".xz");
  EmulatedCard card(2 * mib);
  const auto content = write(greedy, card);
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().text(), HasSubstr("needs more than 256 MiB of memory"));
}

TEST_F(ImagesOnACard, ThatAreNotWhatTheirMapSaysAreFaults) {
  SampleImage image = SampleImage::random(random, 2 * mib, 0.5, 20);
  const auto file = image_file(image, "2.0");
  const std::size_t at = static_cast<std::size_t>(std::ranges::find(image.mapped, true) - image.mapped.begin());
  image.bytes[at * sample_block] = static_cast<char>(image.bytes[at * sample_block] ^ 1);
  put_text(file, image.bytes);
  EmulatedCard card(2 * mib);
  const auto content = write(packed_zstd(file), card);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().cause(), Cause::mistake);
  EXPECT_THAT(content.error().text(), AllOf(HasSubstr("is not what card.img.bmap says"), HasSubstr("is undefined")));
}

TEST_F(ImagesOnACard, OfAnotherSizeThanTheirMapSaysAreFaults) {
  const SampleImage image = SampleImage::random(random, mib, 0.5, 20);
  const auto file = image_file(image, "2.0");
  EmulatedCard card(2 * mib);
  for (const std::string& other : {image.bytes + std::string(5000, '\0'), image.bytes.substr(0, mib - 5000)}) {
    put_text(file, other);
    const auto raw = write(file, card);
    ASSERT_FALSE(raw);
    EXPECT_THAT(raw.error().text(), HasSubstr("is the block map of an image of 1048576 bytes, but card.img has"));
    const auto packed = write(packed_gzip(file), card);
    ASSERT_FALSE(packed);
    EXPECT_THAT(packed.error().text(), HasSubstr("of an image of 1048576 bytes")) << other.size();
  }
}

TEST_F(ImagesOnACard, ThatForgetsAreFoundOut) {
  const auto file = image_file(SampleImage::random(random, 2 * mib, 1, 1));
  EmulatedCard counterfeit(4 * mib);
  counterfeit.really_has = mib;
  const auto content = write(file, counterfeit);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().cause(), Cause::protocol);
  EXPECT_THAT(content.error().text(), HasSubstr("reads back otherwise than it was written, within bytes 0 to"));
  EmulatedCard worn(2 * mib);
  worn.stuck_at = mib + 77;
  EXPECT_THAT(write(file, worn).error().text(), HasSubstr("within bytes 1048576 to"));
}

TEST_F(ImagesOnACard, ThatIsPulledOutIsLost) {
  EmulatedCard card(2 * mib);
  card.pulled_at = mib + 3;
  const auto content = write(image_file({.bytes = std::string(2 * mib, 'x')}), card);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().cause(), Cause::lost);
  EXPECT_THAT(content.error().text(), HasSubstr("what is on card now is undefined: 1 MiB of the image were written"));
}

TEST_F(ImagesOnACard, ThatHasNoRoomOrCannotBeWrittenIsAFault) {
  const auto file = image_file({.bytes = std::string(2 * mib, 'x')});
  struct Case {
    std::string node;
    Cause cause;
    std::string expected;
  };
  for (const Case& wrong :
       {Case{"/dev/full", Cause::disk_full, "/dev/full: writing at byte 0: No space left on device"},
        Case{"/proc/self/mem", Cause::io, "/proc/self/mem: writing at byte 0: Input/output error"}}) {
    const auto target = opened_target(Descriptor(::open(wrong.node.c_str(), O_RDWR | O_CLOEXEC)), wrong.node, 4 * mib);
    const auto content = write(file, *target);
    ASSERT_FALSE(content);
    EXPECT_EQ(content.error().cause(), wrong.cause);
    EXPECT_THAT(content.error().text(), AllOf(HasSubstr(wrong.expected), HasSubstr("is undefined")));
  }
}

TEST_F(ImagesOnACard, StopBetweenTwoBlocksWhenAsked) {
  std::stop_source stop;
  EmulatedCard card(4 * mib);
  card.on_write = [&] { stop.request_stop(); };
  const auto content =
      write(image_file({.bytes = std::string(4 * mib, 'x')}), card, Until(Instant::max(), stop.get_token()));
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().cause(), Cause::stopped);
  EXPECT_EQ(card.written, mib);
  EXPECT_THAT(content.error().text(), HasSubstr("undefined: 1 MiB of the image were written"));
}

TEST_F(ImagesOnACard, StopAtTheDeadline) {
  EmulatedCard card(4 * mib);
  const auto content = write(image_file({.bytes = std::string(4 * mib, 'x')}), card, Until(Instant::min()));
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().cause(), Cause::timeout);
  EXPECT_EQ(card.written, 0U);
}

TEST_F(ImagesOnACard, AreComparedUpToTheFirstByteThatDiffers) {
  const SampleImage image = SampleImage::random(random, 3 * mib, 1, 1);
  const auto file = image_file(image);
  EmulatedCard card(4 * mib);
  ASSERT_TRUE(write(file, card));
  card.content[2 * mib + 5] = static_cast<char>(card.content[2 * mib + 5] ^ 1);
  const auto content = compare(file, card);
  ASSERT_TRUE(content) << content.error().text();
  EXPECT_EQ(content->differs_at, 2 * mib + 5);
}

/// A clock on which a second passes with every look.
class TickingClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return Instant(std::chrono::seconds(++ticks_)); }
  bool wait_until(std::unique_lock<std::mutex>&, std::condition_variable&, Instant,
                  const std::function<bool()>& ready) override {
    return ready();
  }

 private:
  mutable int ticks_ = 0;
};

TEST_F(ImagesOnACard, TellHowFarTheyHaveCome) {
  const auto image = look_at_image(image_file({.bytes = std::string(8 * mib, 'x')})).value();
  EmulatedCard card(8 * mib);
  const TickingClock ticking;
  std::vector<MediumProgress> told;
  const auto content =
      write_image(image, card, ticking, [&](const MediumProgress& progress) { told.push_back(progress); }, Until());
  ASSERT_TRUE(content) << content.error().text();
  ASSERT_EQ(told.size(), 18U) << "eight blocks and the end, twice";
  EXPECT_EQ(told[3].doing, MediumProgress::Doing::writing);
  EXPECT_EQ(told[3].done, 4 * mib);
  EXPECT_EQ(told[3].total, 8 * mib);
  EXPECT_GT(told[3].bytes_per_second, 0);
  ASSERT_TRUE(told[3].left);
  EXPECT_EQ(told[8].left, Nanos(0));
  EXPECT_EQ(told[17].doing, MediumProgress::Doing::reading_back);
  EXPECT_EQ(told[17].done, 8 * mib);
}

TEST_F(ImagesOnACard, AreWrittenByTheMapsOfBmaptool) {
  const SampleImage image = SampleImage::random(random, 4 * mib, 0.3, 40);
  const auto file = folder.write("card.img", "");
  std::filesystem::resize_file(file, image.bytes.size());
  {
    std::fstream sparse(file, std::ios::in | std::ios::out | std::ios::binary);
    for (std::size_t block = 0; block < image.mapped.size(); ++block) {
      if (!image.mapped[block]) continue;
      sparse.seekp(static_cast<std::streamoff>(block * sample_block));
      sparse.write(image.bytes.data() + block * sample_block, sample_block);
    }
  }
  const auto made = run_child({"bmaptool", "create", "--output", file + ".bmap", file}, soon());
  if (!made) GTEST_SKIP() << made.error().text();
  ASSERT_EQ(made->exit_status, 0) << made->output;
  const auto looked = look_at_image(file);
  ASSERT_TRUE(looked) << looked.error().text();
  ASSERT_TRUE(looked->map);
  for (const auto& packed : {std::filesystem::path(file), packed_xz(file)}) {
    EmulatedCard card(4 * mib, '\0');
    const auto content = write(packed, card);
    ASSERT_TRUE(content) << content.error().text();
    EXPECT_TRUE(card.content == image.bytes);
    EXPECT_EQ(content->written_bytes, looked->map->mapped_bytes);
  }
}

}  // namespace
}  // namespace coldboot
