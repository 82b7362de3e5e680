#include "harness/event/run_record.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/event/run_on_disk.hpp"
#include "tests/event/sample_events.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A small run: every event, two chunks.
fs::path write_run(const fs::path& parent) {
  const auto run = create_run(parent);
  ChunkSink& sink = run->open_boot(3, "xen");
  sink.add("com1", {0, 10, run_origin + 12s, run_origin + 11s, true}, "PC Engines");
  sink.add("com1", {10, 6, run_origin + 14s, run_origin + 12s, true}, " apu2\n");
  for (const Event& event : sample_events(run_origin)) run->write(event);
  EXPECT_TRUE(run->close(run_origin + 31s));
  return run->path();
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

/// What holds of any record, whatever became of its files.
void expect_sound(const Result<RunRecord>& read) {
  ASSERT_TRUE(read) << read.error().text();
  for (const BootRecord& boot : read->boots) {
    for (const ConsoleRecord& console : boot.consoles) {
      std::uint64_t end = 0;
      for (const Chunk& chunk : console.chunks) {
        EXPECT_EQ(chunk.offset, end);
        EXPECT_GT(chunk.length, 0U);
        end += chunk.length;
      }
      EXPECT_EQ(end, console.raw.size());
    }
  }
}

TEST(RunRecord, AcceptsAFolderCutOffAtAnyByteOfAnyFile) {
  const TemporaryFolder parent;
  const fs::path run = write_run(parent.path());
  const auto whole = read_run_folder(run);
  ASSERT_TRUE(whole);
  for (const fs::path& file : files_of(run)) {
    const std::string content = text_of(file);
    // Every byte of the end, where a cut leaves a line or record torn; further in, the same shapes repeat.
    const std::size_t end = content.size() > 100 ? content.size() - 100 : 0;
    for (std::size_t length = 0; length < content.size(); length += length < end ? 11 : 1) {
      put_text(file, std::string_view(content).substr(0, length));
      SCOPED_TRACE(file.filename().string() + " cut at " + std::to_string(length));
      const auto read = read_run_folder(run);
      expect_sound(read);
      const bool of_boot = file.extension() == ".jsonl" && file.parent_path() != run;
      const bool complete = length + 1 == content.size();  // only the last line feed is missing
      if (file.filename() == "run.json" && !complete) continue;
      const bool bytes_are_gone = file.extension() == ".raw";  // the end of the boot says how many there were
      EXPECT_EQ(read->damage.size(), bytes_are_gone ? 1U : 0U) << read->damage.front().text();
      if (of_boot) {
        EXPECT_NE(read->boots.at(0).cut_off, complete);
      }
    }
    put_text(file, content);
  }
  EXPECT_EQ(read_run_folder(run)->boots.at(0).events, whole->boots.at(0).events);
}

TEST(RunRecord, AcceptsAnyChangedByte) {
  const TemporaryFolder parent;
  const fs::path run = write_run(parent.path());
  std::mt19937 random(3);
  for (const fs::path& file : files_of(run)) {
    const std::string content = text_of(file);
    for (int repeat = 0; repeat < 100 && !content.empty(); ++repeat) {
      std::string changed = content;
      changed[random() % changed.size()] = static_cast<char>(random());
      put_text(file, changed);
      expect_sound(read_run_folder(run));
    }
    put_text(file, content);
  }
}

TEST(RunRecord, ReadsFilesThatWereCompressed) {
  const TemporaryFolder parent;
  const fs::path run = write_run(parent.path());
  const auto plain = read_run_folder(run);
  ASSERT_TRUE(plain);
  for (const char* file : {"console-com1.raw", "console-com1.index", "events.jsonl"}) {
    const std::string path = run / "boots/003-xen" / file;
    ASSERT_EQ(std::system(("zstd --quiet --rm '" + path + "'").c_str()), 0);
  }
  const auto compressed = read_run_folder(run);
  ASSERT_TRUE(compressed);
  EXPECT_TRUE(compressed->damage.empty());
  ASSERT_EQ(compressed->boots.at(0).consoles.size(), plain->boots.at(0).consoles.size());
  EXPECT_EQ(compressed->boots.at(0).consoles.at(0).raw, plain->boots.at(0).consoles.at(0).raw);
  EXPECT_EQ(compressed->boots.at(0).consoles.at(0).chunks, plain->boots.at(0).consoles.at(0).chunks);
  EXPECT_EQ(compressed->boots.at(0).events, plain->boots.at(0).events);

  const fs::path raw = run / "boots/003-xen/console-com1.raw.zst";
  fs::resize_file(raw, fs::file_size(raw) - 5);
  EXPECT_FALSE(read_run_folder(run)->boots.at(0).damage.empty()) << "a torn one holds nothing";
}

TEST(RunRecord, GivesBytesWithoutIndexTheTimeBetweenTheirNeighbours) {
  const TemporaryFolder parent;
  const fs::path run = write_run(parent.path());
  const fs::path index = run / "boots/003-xen/console-com1.index";
  fs::resize_file(index, 8 + 32);
  const auto chunks = read_run_folder(run)->boots.at(0).consoles.at(0).chunks;
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[1], (Chunk{10, 6, run_origin + 27s, run_origin + 12s, false}));
  fs::remove(index);
  const auto without = read_run_folder(run)->boots.at(0).consoles.at(0).chunks;
  ASSERT_EQ(without.size(), 1U);
  EXPECT_FALSE(without[0].stamped);
  EXPECT_EQ(without[0].length, 16U);
}

TEST(RunRecord, SaysWhichBytesWereLostAfterTheBootEnded) {
  const TemporaryFolder parent;
  const fs::path run = write_run(parent.path());
  fs::remove(run / "boots/003-xen/console-com1.raw");
  const auto read = read_run_folder(run);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->boots.at(0).damage.at(0).text(),
            "boots/003-xen/console-com1.raw: holds 0 of the 16 bytes this console sent");
  EXPECT_EQ(read->damage, read->boots.at(0).damage);
}

TEST(RunRecord, LeavesOutADamagedLineAndSaysWhich) {
  const TemporaryFolder parent;
  const fs::path run = write_run(parent.path());
  const fs::path events = run / "events.jsonl";
  put_text(events, "garbage\n" + text_of(events));
  const auto read = read_run_folder(run);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->damage.size(), 1U);
  EXPECT_EQ(read->damage[0].where(), "events.jsonl:1");
  EXPECT_FALSE(read->events.empty());
}

TEST(RunRecord, ReadsWhatItCanWithoutRunJson) {
  const TemporaryFolder parent;
  const fs::path run = write_run(parent.path());
  fs::remove(run / "run.json");
  const auto read = read_run_folder(run);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->cut_off);
  EXPECT_EQ(read->boots.at(0).consoles.at(0).raw, "PC Engines apu2\n");
  EXPECT_EQ(read->damage.at(0).where(), "run.json");
}

TEST(RunRecord, SaysWhatIsWrongWithRunJson) {
  const TemporaryFolder parent;
  const fs::path run = write_run(parent.path());
  put_text(run / "run.json", "{,");
  EXPECT_EQ(read_run_folder(run)->damage.at(0).text(), "run.json: is no JSON from byte 2 on");
  put_text(run / "run.json", "{}");
  EXPECT_THAT(read_run_folder(run)->damage.at(0).text(),
              testing::MatchesRegex("run.json: is not as run.schema.json says: key '.*' not found"));
}

TEST(RunRecord, RefusesAFolderThatIsNoRun) {
  const TemporaryFolder parent;
  EXPECT_EQ(read_run_folder(parent.path()).error().cause(), Cause::missing);
  EXPECT_EQ(read_run_folder(parent.path() / "gone").error().cause(), Cause::missing);
}

}  // namespace
}  // namespace coldboot
