#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "dataplane/options.h"

namespace sallyport::dataplane {
namespace {

constexpr const char* kGood =
    "ports:\n"
    "  one: {device: net_af_packet0, arguments: iface=x, address: 10.0.0.1/24}\n"
    "gateway:\n"
    "  listen: [{address: 10.0.0.1, port: 443}]\n";

class HostConfigFile : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/sallyport_host_config_XXXXXX";
    const int file = mkstemp(name);
    ASSERT_GE(file, 0);
    close(file);
    path_ = name;
  }
  void TearDown() override { unlink(path_.c_str()); }

  bool read(const std::string& text) {
    std::ofstream(path_) << text;
    config_ = HostConfig{};
    error_.clear();
    return read_host_config(path_, config_, error_);
  }
  // The place `line:column` and the words that the error must hold.
  void expect_refused(const std::string& text, const std::string& place, const std::string& words) {
    EXPECT_FALSE(read(text)) << text;
    EXPECT_NE(error_.find(path_ + ":" + place), std::string::npos) << error_;
    EXPECT_NE(error_.find(words), std::string::npos) << error_;
  }

  std::string path_;
  HostConfig config_;
  std::string error_;
};

TEST_F(HostConfigFile, TheShippedSampleIsRead) {
  const char* source = std::getenv("SALLYPORT_SOURCE_DIR");
  ASSERT_NE(source, nullptr);
  HostConfig config;
  std::string error;
  ASSERT_TRUE(read_host_config(std::string(source) + "/docs/sallyport.sample.yaml", config, error))
      << error;
  ASSERT_EQ(config.ports.size(), 2U);
  EXPECT_EQ(config.ports[0].name, "clients");
  EXPECT_EQ(config.ports[0].address, 0xc000020aU);
  EXPECT_EQ(config.ports[0].prefix_length, 24);
  EXPECT_EQ(config.ports[0].next_hop, 0xc0000201U);
  EXPECT_EQ(config.ports[1].arguments, "iface=eth2");
  EXPECT_EQ(config.listen.at(0).port, 443);
  EXPECT_EQ(config.memory.body_mib, 128U);
  EXPECT_EQ(config.node, "sallyport-1");
  EXPECT_GT(config.lines.at("memory.body_mib"), 1);
}

TEST_F(HostConfigFile, LittleIsNeeded) {
  ASSERT_TRUE(read(kGood)) << error_;
  EXPECT_EQ(config_.workers.size(), 1U);
  EXPECT_EQ(config_.workers[0].core, -1);
  EXPECT_EQ(config_.ports[0].mtu, 1'500);
}

TEST_F(HostConfigFile, UnknownAndRepeatedKeysAreRefusedAtTheirPlace) {
  expect_refused(std::string(kGood) + "idel: poll\n", "5:1", "unknown key 'idel'");
  expect_refused(std::string(kGood) + "memory: {bodymib: 4}\n", "5:10", "unknown key 'bodymib'");
  expect_refused("idle: poll\nidle: poll\n" + std::string(kGood), "2:", "duplicate key");
}

TEST_F(HostConfigFile, ValuesThatCannotBeAreRefused) {
  const std::string tail = "gateway:\n  listen: [{address: 10.0.0.1, port: 443}]\n";
  expect_refused("ports:\n  one: {device: d, address: 10.0.0.1}\n" + tail, "2:", "ADDRESS/LENGTH");
  expect_refused("ports:\n  one: {device: d, address: 10.0.0.256/24}\n" + tail,
                 "2:", "ADDRESS/LENGTH");
  expect_refused("ports:\n  one: {device: d, address: 10.0.0.1/33}\n" + tail,
                 "2:", "ADDRESS/LENGTH");
  expect_refused("ports:\n  one: {device: d, address: 10.0.0.1/24x}\n" + tail,
                 "2:", "ADDRESS/LENGTH");
  expect_refused("ports:\n  one: {device: d, address: 10.0.0.1/24, mtu: 9000}\n" + tail,
                 "2:", "mtu");
  expect_refused("ports:\n  one: {device: d, address: 10.0.0.1/24, mtu: -1}\n" + tail, "2:", "mtu");
  expect_refused("ports:\n  one: {device: d, address: 10.0.0.1/24, next_hop: a}\n" + tail,
                 "2:", "IPv4");
  expect_refused("ports:\n  one: {address: 10.0.0.1/24}\n" + tail, "2:", "device");
  expect_refused("ports: 3\n" + tail, "1:", "mapping");
  expect_refused(std::string(kGood) + "idle: sometimes\n", "5:7", "poll or adaptive");
  expect_refused(std::string(kGood) + "memory: {evidence_ring_mib: 3}\n", "5:", "power of two");
  expect_refused(std::string(kGood) + "workers: 3\n", "5:10", "list");
}

TEST_F(HostConfigFile, ContradictionsAreRefused) {
  const std::string one = "  one: {device: net_null0, address: 10.0.0.1/24}\n";
  const std::string tail = "gateway:\n  listen: [{address: 10.0.0.1, port: 443}]\n";
  expect_refused("ports:\n" + one + "  two: {device: net_null0, address: 10.0.0.2/24}\n" + tail,
                 "1:", "two ports have device");
  expect_refused("ports:\n" + one + "  two: {device: net_null1, address: 10.0.0.1/24}\n" + tail,
                 "1:", "same address");
  expect_refused("ports:\n" + one + "gateway:\n  listen: [{address: 10.0.0.9}]\n",
                 "1:", "no port has");
  expect_refused("ports:\n" + one, "1:", "no gateway.listen");
  expect_refused("ports:\n" + one + tail + "workers: [{core: 0}, {core: 1}]\n",
                 "1:", "worker 1 has 0 ports");
  expect_refused(tail, "1:", "no ports");
}

TEST_F(HostConfigFile, WhatIsNoYamlOrNoFileIsRefused) {
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("ports: [\n"));
  EXPECT_NE(error_.find(path_), std::string::npos) << error_;
  EXPECT_FALSE(read_host_config(path_ + ".absent", config_, error_));
  EXPECT_NE(error_.find("cannot be read"), std::string::npos) << error_;
}

}  // namespace
}  // namespace sallyport::dataplane
