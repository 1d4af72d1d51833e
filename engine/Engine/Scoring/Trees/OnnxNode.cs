namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A node of an ONNX graph (onnx.proto's NodeProto).</summary>
sealed class OnnxNode
{
    internal string Type { get; private set; } = "";

    internal string Domain { get; private set; } = "";

    internal List<string> Inputs { get; } = [];

    internal List<string> Outputs { get; } = [];

    internal Dictionary<string, OnnxValue> Attributes { get; } = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">The bytes are not a node.</exception>
    internal static OnnxNode Read(ReadOnlySpan<byte> message)
    {
        var node = new OnnxNode();
        for (var reader = new ProtoReader(message); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    node.Inputs.Add(reader.Text);
                    break;
                case 2:
                    node.Outputs.Add(reader.Text);
                    break;
                case 4:
                    node.Type = reader.Text;
                    break;
                case 5:
                    var (name, value) = OnnxValue.Read(reader.Bytes);
                    if (!node.Attributes.TryAdd(name, value))
                    {
                        throw new InvalidDataException($"duplicate attribute '{name}'");
                    }

                    break;
                case 7:
                    node.Domain = reader.Text;
                    break;
            }
        }
        return node;
    }
}

/// <summary>The value of a node's attribute (onnx.proto's AttributeProto), in any of its encodings.</summary>
sealed class OnnxValue
{
    internal long Int { get; private set; }

    internal string Text { get; private set; } = "";

    internal List<long> Ints { get; } = [];

    internal List<float> Floats { get; } = [];

    internal List<string> Texts { get; } = [];

    internal static (string Name, OnnxValue Value) Read(ReadOnlySpan<byte> message)
    {
        var name = "";
        var value = new OnnxValue();
        for (var reader = new ProtoReader(message); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.Text;
                    break;
                case 3:
                    value.Int = reader.Int;
                    break;
                case 4:
                    value.Text = reader.Text;
                    break;
                case 7:
                    reader.AddFloats(value.Floats);
                    break;
                case 8:
                    reader.AddInts(value.Ints);
                    break;
                case 9:
                    value.Texts.Add(reader.Text);
                    break;
            }
        }
        return (name, value);
    }
}
