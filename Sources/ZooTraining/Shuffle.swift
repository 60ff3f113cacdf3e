import CHost

/// The order in which an epoch visits examples.
///
/// Fisher and Yates's shuffle with the counter-based generator: it depends on the seed and the epoch alone.
func shuffled(_ rows: [Int64], seed: UInt64, epoch: Int) -> [Int64] {
  var order = rows
  var bits = [UInt32](repeating: 0, count: order.count)
  let path = "train.shuffle"
  zoo_random_bits(seed, zoo_path_key(path, UInt64(path.utf8.count)), UInt64(epoch), 0, 0, &bits, Int64(bits.count))
  for i in order.indices.dropFirst().reversed() {
    // The upper half of a product spreads 32 bits over i + 1 places with a bias below (i + 1) / 2^32.
    order.swapAt(i, Int((UInt64(bits[i]) * UInt64(i + 1)) >> 32))
  }
  return order
}
