#include "controlplane/policy/bundle/bounded_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::controlplane::policy {
namespace {

using How = ProgramEnd::How;

BoundedProgram shell(const std::string& text) {
  BoundedProgram program;
  program.arguments = {"/bin/sh", "-c", text};
  return program;
}

TEST(BoundedProgramRun, InputOutputErrorsAndExitCodeArrive) {
  BoundedProgram program = shell("cat; echo no >&2; exit 3");
  program.input = std::string(300'000, 'x');
  const ProgramEnd end = run_bounded(program);
  EXPECT_EQ(end.how, How::Exited);
  EXPECT_EQ(end.status, 3);
  EXPECT_EQ(end.output, program.input);
  EXPECT_EQ(end.errors, "no\n");
}

TEST(BoundedProgramRun, OnlyTheGivenEnvironmentIsThere) {
  BoundedProgram program;
  program.arguments = {"/usr/bin/env"};
  program.environment = {"ONE=1"};
  EXPECT_EQ(run_bounded(program).output, "ONE=1\n");
}

TEST(BoundedProgramRun, NoDescriptorOfOursIsInherited) {
  const ProgramEnd end = run_bounded(shell("ls /proc/self/fd | wc -l"));
  EXPECT_EQ(end.output, "4\n");  // three streams, and the folder that ls reads
}

TEST(BoundedProgramRun, TimeIsBoundedForTheWholeGroup) {
  BoundedProgram program = shell("sleep 60 & sleep 60");
  program.patience = std::chrono::milliseconds(200);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(run_bounded(program).how, How::TimedOut);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
}

TEST(BoundedProgramRun, AProgramThatClosesItsStreamsAndStaysIsEnded) {
  BoundedProgram program = shell("exec >&- 2>&- ; sleep 60");
  program.patience = std::chrono::milliseconds(200);
  EXPECT_EQ(run_bounded(program).how, How::TimedOut);
}

TEST(BoundedProgramRun, OutputIsBounded) {
  BoundedProgram program = shell("yes");
  program.output_bytes_max = 100'000;
  EXPECT_EQ(run_bounded(program).how, How::TooMuchOutput);
}

TEST(BoundedProgramRun, WhatDoesNotExistIsNotStarted) {
  BoundedProgram program;
  program.arguments = {"/nowhere/program"};
  const ProgramEnd end = run_bounded(program);
  EXPECT_EQ(end.how, How::NotStarted);
  EXPECT_THAT(end.words(), testing::HasSubstr("No such file"));
}

}  // namespace
}  // namespace sallyport::controlplane::policy
