"""Reads a TensorBoard event file with TensorBoard's own reader, and prints what is in it, one JSON document a line.

python Tests/Reference/read_events.py FOLDER > Tests/Fixtures/training/events.jsonl
"""
import json
import sys

from tensorboard.backend.event_processing import event_accumulator

events = event_accumulator.EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0, "tensors": 0})
events.Reload()
for tag in sorted(events.Tags()["scalars"]):
    print(json.dumps({"scalar": tag, "steps": [e.step for e in events.Scalars(tag)], "values": [e.value for e in events.Scalars(tag)]}))
for tag in sorted(events.Tags()["images"]):
    for event in events.Images(tag):
        print(json.dumps({"image": tag, "step": event.step, "width": event.width, "height": event.height, "bytes": len(event.encoded_image_string)}))
for tag in sorted(events.Tags()["tensors"]):
    for event in events.Tensors(tag):
        text = event.tensor_proto.string_val[0].decode()
        print(json.dumps({"text": tag, "step": event.step, "characters": len(text), "value": text if len(text) < 100 else text[:100]}))
