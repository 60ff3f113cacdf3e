use crate::layer::*;
use crate::protocol::*;
use std::mem::size_of;

/// A smooth rectifier that learns, for each channel, how sharply it bends.
pub struct Swish {
    beta: f64,
    width: usize,
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

impl Layer for Swish {
    const NAME: &'static str = "gates.swish";
    const SUMMARY: &'static str = "A rectifier that learns how sharply it bends.";
    const FORMULA: &'static str = "y = x sigmoid(beta x), with beta learned for each channel";
    const REFERENCE: &'static str = "Ramachandran, Zoph & Le 2017, Searching for activation functions, arXiv:1710.05941";
    const ATTRIBUTES: &'static [AttributeInfo] = &[AttributeInfo {
        size: size_of::<AttributeInfo>() as u32,
        kind: REAL,
        flags: 0,
        choice_count: 0,
        name: text("beta"),
        about: text("What every channel's beta starts as."),
        choices: std::ptr::null(),
        fallback: Attribute { kind: REAL, is_set: 1, real: 1.0, ..NOTHING },
        minimum: -100.0,
        maximum: 100.0,
    }];
    const INPUTS: &'static [PortInfo] = &[port("x", "[..., C]")];
    const OUTPUTS: &'static [PortInfo] = &[port("y", "[..., C]")];

    fn new(attributes: &[Attribute]) -> Self {
        Swish { beta: attributes[0].real, width: 0 }
    }

    fn plan(&mut self, inputs: &[Spec]) -> Result<Plan, Failure> {
        let shape = inputs[0].float("x")?;
        self.width = shape.width();
        if self.width == 0 {
            let words = format!("x must have at least one channel, but its shape is {:?}", shape.axes());
            return Err(Failure { status: BAD_SHAPE, words });
        }
        let mut channels = Spec { rank: 1, dtype: F32, shape: [0; 8] };
        channels.shape[0] = self.width as i64;
        let beta = Parameter {
            size: size_of::<Parameter>() as u32,
            flags: NO_DECAY,
            name: text("beta"),
            spec: channels,
            initializer: Initializer { method: CONSTANT, reserved: 0, a: self.beta, b: 0.0, fan_in: 0, fan_out: 0 },
        };
        let flops = 5.0 * shape.axes().iter().map(|&n| n as f64).product::<f64>();
        Ok(Plan { outputs: vec![shape], parameters: vec![beta], needs_inputs: 1, flops })
    }

    fn forward(&self, call: &Call) {
        let beta = call.parameter(0);
        let rows = call.input(0).chunks_exact(self.width);
        for (x, y) in rows.zip(call.output(0).chunks_exact_mut(self.width)) {
            for i in 0..self.width {
                y[i] = x[i] * sigmoid(beta[i] * x[i]);
            }
        }
    }

    fn backward(&self, call: &Call) {
        let (x, beta, dy) = (call.input(0), call.parameter(0), call.output_gradient(0));
        if let Some(dx) = call.input_gradient(0) {
            match dy {
                None => dx.fill(0.0),
                Some(dy) => {
                    for (k, slot) in dx.iter_mut().enumerate() {
                        let b = beta[k % self.width];
                        let s = sigmoid(b * x[k]);
                        *slot = dy[k] * (s + b * x[k] * s * (1.0 - s));
                    }
                }
            }
        }
        if let Some(dbeta) = call.parameter_gradient(0) {
            for (i, slot) in dbeta.iter_mut().enumerate() {
                // Over the rows in their order, so that the sum is the same whatever else runs.
                let mut sum = 0.0f64;
                for (row, d) in dy.into_iter().flat_map(|dy| dy.chunks_exact(self.width)).enumerate() {
                    let x = x[row * self.width + i];
                    let s = sigmoid(beta[i] * x);
                    sum += d[i] as f64 * (x * x * s * (1.0 - s)) as f64;
                }
                *slot = sum as f32;
            }
        }
    }
}
