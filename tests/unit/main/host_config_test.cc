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
  expect_refused("ports:\n  one: {device: d, address: 10.0.0.1/24, mtu: 9001}\n" + tail,
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

// What follows `address:` of the one port, and the gateway.
std::string with(const std::string& more) {
  return "workers: [{core: auto}, {core: auto}, {core: auto}]\nports:\n"
         "  one:\n    device: net_null0\n    address: 192.0.2.10/24\n" +
         more + "gateway:\n  listen: [{address: 192.0.2.10, port: 443}]\n";
}

TEST_F(HostConfigFile, APortTakesIpv6MoreAddressesRoutesAndATag) {
  ASSERT_TRUE(
      read(with("    workers: all\n    address6: 2001:db8::10/64\n"
                "    next_hop6: fe80::1\n    next_hop: 192.0.2.1\n    vlan: 4094\n"
                "    more_addresses: [192.0.2.11, \"2001:db8::11\"]\n"
                "    routes:\n      - {to: 10.0.0.0/8, via: 192.0.2.2}\n"
                "      - {to: \"2001:db8:8::/48\", via: \"2001:db8::2\"}\n")))
      << error_;
  const HostPort& port = config_.ports.at(0);
  EXPECT_EQ(port.vlan, 4'094);
  EXPECT_EQ(port.workers, (std::vector<uint32_t>{0, 1, 2}));
  EXPECT_EQ(port.prefix_length6, 64);
  EXPECT_TRUE(port.address6.is_v6());
  EXPECT_TRUE(port.next_hop6.is_link_local_v6());
  ASSERT_EQ(port.more_addresses.size(), 2U);
  EXPECT_EQ(port.more_addresses[0], wire::IpAddress(0xc000020bU));
  EXPECT_TRUE(port.has(port.more_addresses[1]));
  EXPECT_FALSE(port.has(wire::IpAddress(0xc000020cU)));
  ASSERT_EQ(port.routes.size(), 2U);
  EXPECT_EQ(port.routes[0].via, wire::IpAddress(0xc0000202U));
  EXPECT_TRUE(port.routes[0].covers(wire::IpAddress(0x0affffffU)));
  EXPECT_FALSE(port.routes[0].covers(wire::IpAddress(0x0b000000U)));
  EXPECT_EQ(port.routes[1].bits, 48);
}

TEST_F(HostConfigFile, OffloadsAreUsedUnlessTheFileSaysNo) {
  ASSERT_TRUE(read(with("    workers: all\n    mtu: 9000\n"))) << error_;
  EXPECT_TRUE(config_.ports.at(0).offloads);
  ASSERT_TRUE(read(with("    workers: all\n    offloads: off\n"))) << error_;
  EXPECT_FALSE(config_.ports.at(0).offloads);
  expect_refused(with("    offloads: maybe\n"), "6:", "must be auto or off");
}

TEST_F(HostConfigFile, TheGatewayListensOnAnyAddressOfAPort) {
  const std::string head =
      "ports:\n  one: {device: d, address: 10.0.0.1/24, address6: \"2001:db8::1/64\","
      " more_addresses: [10.0.0.2]}\ngateway:\n  listen: [{address: ";
  for (const char* address : {"10.0.0.1", "10.0.0.2", "\"2001:db8::1\""})
    EXPECT_TRUE(read(head + address + "}]\n")) << error_;
  expect_refused(head + "\"2001:db8::2\"}]\n",
                 "1:", "gateway.listen: 2001:db8::2 is an address that no port has");
}

TEST_F(HostConfigFile, AddressesThatCannotWorkAreRefusedWithAWayOut) {
  expect_refused(with("    more_addresses: [192.0.3.1]\n"),
                 "4:", "192.0.3.1 is in no network of this port; give it to a port of its network");
  expect_refused(with("    more_addresses: [\"2001:db8::1\"]\n"), "4:", "in no network");
  expect_refused(with("    more_addresses: [192.0.2.10]\n"), "1:", "192.0.2.10 twice");
  expect_refused(with("    address6: 2001:db8::10\n"), "6:", "2001:db8::10/64");
  expect_refused(with("    address6: fe80::1/64\n"), "6:", "is there by itself");
  expect_refused(with("    address6: 192.0.2.11/24\n"), "6:", "2001:db8::10/64");
  expect_refused(with("    address6: 2001:db8::10/64\n    mtu: 1000\n"), "4:", "1280");
  expect_refused(with("    next_hop6: fe80::1\n"), "4:", "port that has address6");
  expect_refused(with("    vlan: 4095\n"), "6:", "from 1 to 4094");
  expect_refused(with("    routes: [{to: 10.0.0.0/8}]\n"), "6:", "via: ROUTER");
  expect_refused(with("    routes: [{to: 10.0.0.0, via: 192.0.2.2}]\n"), "6:", "NETWORK/LENGTH");
  expect_refused(with("    routes: [{to: 10.0.0.0/8, via: 10.1.1.1}]\n"),
                 "4:", "no frame can be sent to it");
  expect_refused(with("    routes: [{to: 10.0.0.0/8, via: fe80::1}]\n"), "6:", "families");
}

TEST_F(HostConfigFile, WorkersOfAPortAreNamedOnceAndExist) {
  ASSERT_TRUE(read(with("    workers: [2, 0, 1]\n"))) << error_;
  EXPECT_EQ(config_.ports.at(0).workers, (std::vector<uint32_t>{0, 1, 2}));
  expect_refused(with("    workers: [0, 3]\n"), "1:", "there are 3 workers, counted from 0");
  expect_refused(with("    workers: [0, 0]\n"), "6:", "names worker 0 twice");
  expect_refused(with("    workers: some\n"), "6:", "must be all, or a list");
  expect_refused(with("    workers: []\n"), "6:", "names no worker");
  expect_refused(with("    worker: 0\n    workers: all\n"), "7:", "give one of the two");
  expect_refused(with("    workers: [0, 1]\n"), "1:", "worker 2 has 0 ports");
}

// Both legs of a pair are on one worker.
TEST_F(HostConfigFile, AWorkerThatClientsReachMustReachVendors) {
  const std::string text =
      "workers: [{core: 0}, {core: 1}]\nports:\n"
      "  in: {device: net_null0, address: 10.0.0.1/24, workers: all}\n"
      "  out: {device: net_null1, address: 10.0.1.1/24, next_hop: 10.0.1.2, upstream: true,"
      " WHO}\ngateway:\n  listen: [{address: 10.0.0.1, port: 443}]\n";
  const auto served_by = [&text](const std::string& who) {
    std::string out = text;
    return out.replace(out.find("WHO"), 3, who);
  };
  EXPECT_TRUE(read(served_by("workers: all"))) << error_;
  expect_refused(served_by("worker: 0"), "1:", "give the upstream port the same workers");
}

// Vendors may be reached by IPv6 alone.
TEST_F(HostConfigFile, AnUpstreamPortNeedsAWayOutOfEitherFamily) {
  const auto with = [](const std::string& way) {
    return "ports:\n  out: {device: net_null1, address: 10.0.1.1/24, address6: \"fd00::1/64\"," +
           way + " upstream: true}\ngateway:\n  listen: [{address: 10.0.1.1, port: 443}]\n";
  };
  EXPECT_TRUE(read(with(" next_hop6: \"fe80::1\","))) << error_;
  EXPECT_TRUE(read(with(" routes: [{to: \"fd01::/16\", via: \"fd00::2\"}],"))) << error_;
  expect_refused(with(""), "2:", "upstream needs next_hop, next_hop6 or routes");
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
