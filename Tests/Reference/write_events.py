"""Writes the event file that EventFileTests writes, with TensorBoard's own messages and record writer.

python Tests/Reference/write_events.py zoo/data/samples/7.png Tests/Fixtures/training/events
"""
import sys

from PIL import Image
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

picture, folder = sys.argv[1:]
clock = 1_700_000_000.0
output = open(f"{folder}/events.out.tfevents.1700000000.zoo.1.0", "wb")
writer = RecordWriter(output)


def write(**fields):
    global clock
    clock += 0.25
    writer.write(event_pb2.Event(wall_time=clock, **fields).SerializeToString())


def scalars(step, **numbers):
    values = [summary_pb2.Summary.Value(tag=tag.replace("__", "/"), simple_value=value) for tag, value in numbers.items()]
    write(step=step, summary=summary_pb2.Summary(value=values))


# The name of the file takes the first look at the clock.
clock += 0.25
write(file_version="brain.Event:2")
metadata = summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="text"))
shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)])
text = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, tensor_shape=shape, string_val=[b'```json\n{"zoo": 1}\n```'])
write(summary=summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="manifest", tensor=text, metadata=metadata)]))
for step in range(1, 4):
    scalars(100 * step, loss__training=2.5 / step, accuracy__held_out=0.125 * step)
png = open(picture, "rb").read()
width, height = Image.open(picture).size
image = summary_pb2.Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=png)
write(step=300, summary=summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="samples/image", image=image)]))
scalars(1 << 40, loss__training=float("nan"), rate=1e-30)
output.close()
