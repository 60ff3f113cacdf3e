import CHost

/// As many rows, drawn from `rows` with replacement: Breiman's bootstrap sample, for bagging.
///
/// Which are drawn depends on the seed alone.
///
/// - Reference: Breiman 1996, "Bagging predictors".
func bootstrapped(_ rows: [Int64], seed: UInt64) -> [Int64] {
  var bits = [UInt32](repeating: 0, count: rows.count)
  let path = "train.bootstrap"
  zoo_random_bits(seed, zoo_path_key(path, UInt64(path.utf8.count)), 0, 0, 0, &bits, Int64(bits.count))
  // The upper half of a product spreads 32 bits over the rows with a bias below count / 2^32.
  return bits.map { rows[Int((UInt64($0) * UInt64(rows.count)) >> 32)] }
}
