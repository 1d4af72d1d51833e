namespace CartRecovery.Engine.Learning.Training;

/// <summary>Builds an ONNX file (onnx.proto's ModelProto) with operator set 17 and machine-learning operator set 3.</summary>
sealed class OnnxGraph
{
    /// <summary>The domain of the tree operators.</summary>
    internal const string MachineLearning = "ai.onnx.ml";

    /// <summary>onnx.proto's TensorProto.DataType.</summary>
    internal const int Float = 1, Int64 = 7;

    readonly List<ProtoWriter> _nodes = [];
    readonly List<ProtoWriter> _initializers = [];
    readonly List<ProtoWriter> _inputs = [];
    readonly List<ProtoWriter> _outputs = [];
    readonly List<(string Key, string Value)> _metadata = [];

    internal void Input(string name, int elementType, params ReadOnlySpan<long> shape) => _inputs.Add(Tensor(name, elementType, shape));

    internal void Output(string name, int elementType, params ReadOnlySpan<long> shape) => _outputs.Add(Tensor(name, elementType, shape));

    internal void Metadata(string key, string value) => _metadata.Add((key, value));

    /// <summary>Adds a constant float tensor.</summary>
    internal void Initializer(string name, ReadOnlySpan<long> shape, ReadOnlySpan<float> values)
        => _initializers.Add(new ProtoWriter().Ints(1, shape).Int(2, Float).Floats(4, values).Text(8, name));

    internal void Node(string type, string[] inputs, string[] outputs, string domain = "", params ReadOnlySpan<OnnxAttribute> attributes)
    {
        var node = new ProtoWriter();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        foreach (var output in outputs)
        {
            node.Text(2, output);
        }

        node.Text(3, $"{type}_{_nodes.Count}").Text(4, type);
        foreach (var attribute in attributes)
        {
            node.Message(5, attribute.Proto);
        }

        _nodes.Add(node.Text(7, domain));
    }

    /// <summary>Returns the file's bytes. The graph comes last, so that a truncated file lacks it and is rejected.</summary>
    internal byte[] ToArray(string name)
    {
        var graph = new ProtoWriter();
        foreach (var node in _nodes)
        {
            graph.Message(1, node);
        }

        graph.Text(2, name);
        foreach (var initializer in _initializers)
        {
            graph.Message(5, initializer);
        }

        foreach (var input in _inputs)
        {
            graph.Message(11, input);
        }

        foreach (var output in _outputs)
        {
            graph.Message(12, output);
        }

        var model = new ProtoWriter().Int(1, 8).Text(2, "CartRecovery");
        model.Message(8, new ProtoWriter().Text(1, "").Int(2, 17));
        model.Message(8, new ProtoWriter().Text(1, MachineLearning).Int(2, 3));
        foreach (var (key, value) in _metadata)
        {
            model.Message(14, new ProtoWriter().Text(1, key).Text(2, value));
        }

        return model.Message(7, graph).ToArray();
    }

    /// <summary>Describes a tensor's name, type and shape; a dimension of −1 is free and named after the rows.</summary>
    static ProtoWriter Tensor(string name, int elementType, ReadOnlySpan<long> shape)
    {
        var dimensions = new ProtoWriter();
        foreach (var size in shape)
        {
            dimensions.Message(1, size < 0 ? new ProtoWriter().Text(2, "rows") : new ProtoWriter().Int(1, size));
        }

        var type = new ProtoWriter().Message(1, new ProtoWriter().Int(1, elementType).Message(2, dimensions));
        return new ProtoWriter().Text(1, name).Message(2, type);
    }
}

/// <summary>A node's attribute (onnx.proto's AttributeProto), by the type of its value.</summary>
sealed class OnnxAttribute
{
    OnnxAttribute(ProtoWriter proto) => Proto = proto;

    internal ProtoWriter Proto { get; }

    internal static OnnxAttribute Of(string name, long value) => new(new ProtoWriter().Text(1, name).Int(3, value).Int(20, 2));

    internal static OnnxAttribute Of(string name, string value) => new(new ProtoWriter().Text(1, name).Text(4, value).Int(20, 3));

    internal static OnnxAttribute Of(string name, float[] values) => new(new ProtoWriter().Text(1, name).Floats(7, values).Int(20, 6));

    internal static OnnxAttribute Of(string name, long[] values) => new(new ProtoWriter().Text(1, name).Ints(8, values).Int(20, 7));

    internal static OnnxAttribute Of(string name, string[] values)
    {
        var proto = new ProtoWriter().Text(1, name);
        foreach (var value in values)
        {
            proto.Text(9, value);
        }

        return new OnnxAttribute(proto.Int(20, 8));
    }
}
