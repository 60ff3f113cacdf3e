"""What a Gaussian process with a Matern-5/2 kernel expects: the numbers of GaussianProcessTests, by scikit-learn and scipy.

python Tests/Reference/gaussian_process.py > Tests/Fixtures/training/gaussian_process.json
"""
import json

import numpy as np
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

rng = np.random.default_rng(7)
points = rng.random((9, 2))
values = np.sin(5 * points[:, 0]) + 0.6 * (points[:, 1] - 0.3) ** 2 + 0.05 * rng.standard_normal(9)
queries = np.vstack([rng.random((5, 2)), points[:1]])

cases = []
for lengths, variance, noise in [((0.4, 1.3), 0.8, 1e-3), ((0.15, 0.6), 2.5, 0.05)]:
    kernel = ConstantKernel(variance) * Matern(length_scale=lengths, nu=2.5) + WhiteKernel(noise)
    process = GaussianProcessRegressor(kernel=kernel, alpha=0, optimizer=None).fit(points, values)
    mean, deviation = process.predict(queries, return_std=True)
    # The regressor's deviation is that of an observation: that of the function itself has no noise in it.
    deviation = np.sqrt(deviation**2 - noise)
    best = values.min()
    z = (best - mean) / deviation
    improvement = (best - mean) * norm.cdf(z) + deviation * norm.pdf(z)
    cases.append(
        {
            "lengths": lengths,
            "variance": variance,
            "noise": noise,
            "log_marginal_likelihood": process.log_marginal_likelihood(process.kernel_.theta),
            "mean": mean.tolist(),
            "posterior_variance": (deviation**2).tolist(),
            "expected_improvement": improvement.tolist(),
        }
    )

# The likelihood of the best parameters that a continuous search finds; a grid may be a little below.
kernel = ConstantKernel(1.0, (1e-6, 1e6)) * Matern([0.5, 0.5], (0.05, 10), nu=2.5) + WhiteKernel(1e-3, (1e-6, 1e3))
scaled = (values - values.mean()) / values.std()
fitted = GaussianProcessRegressor(kernel=kernel, alpha=0, n_restarts_optimizer=20, random_state=0).fit(points, scaled)
print(
    json.dumps(
        {
            "points": points.tolist(),
            "values": values.tolist(),
            "queries": queries.tolist(),
            "cases": cases,
            "scaled": scaled.tolist(),
            "best_log_marginal_likelihood": fitted.log_marginal_likelihood_value_,
        },
        indent=1,
    )
)
