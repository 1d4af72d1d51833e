using System.Buffers.Binary;

namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>Reads a graph's constants (onnx.proto's TensorProto).</summary>
static class OnnxConstant
{
    const long Float = 1;

    /// <summary>Returns the name and value of a constant that is a single float; null for any other.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a tensor.</exception>
    internal static (string Name, float Value)? Read(ReadOnlySpan<byte> message)
    {
        var name = "";
        long type = 0, size = 1;
        var isPlain = true;
        List<long> dimensions = [];
        List<float> values = [];
        for (var reader = new ProtoReader(message); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    reader.AddInts(dimensions);
                    break;
                case 2:
                    type = reader.Int;
                    break;
                case 4:
                    reader.AddFloats(values);
                    break;
                case 8:
                    name = reader.Text;
                    break;
                case 9 when reader.Bytes.Length == sizeof(float):
                    values.Add(BinaryPrimitives.ReadSingleLittleEndian(reader.Bytes));
                    break;
                case 13 or 14: // data outside the file
                    isPlain = false;
                    break;
            }
        }

        foreach (var dimension in dimensions)
        {
            size *= dimension == 1 ? 1 : 0;
        }

        // More than two dimensions would change the shape of the result.
        return isPlain && type == Float && size == 1 && dimensions.Count <= 2 && values is [var value] ? (name, value) : null;
    }
}
