namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>The attributes of an ONNX model's tree ensemble operator.</summary>
sealed class TreeEnsembleFile
{
    const long MaxFileSize = 64 << 20;
    const int MaxDepth = 16;
    const string MachineLearning = "ai.onnx.ml";

    readonly Dictionary<string, OnnxValue> _attributes;

    TreeEnsembleFile(OnnxNode node)
    {
        _attributes = node.Attributes;
        IsClassifier = node.Type == "TreeEnsembleClassifier";
    }

    /// <summary>Whether its output is a label and a score per class instead of one number.</summary>
    internal bool IsClassifier { get; }

    /// <summary>Whether a sigmoid follows it.</summary>
    internal bool HasSigmoid { get; private init; }

    /// <summary>Multiplies its output, before the sigmoid or the steps.</summary>
    internal float? Scale { get; private init; }

    /// <summary>Added to the product.</summary>
    internal float? Shift { get; private init; }

    /// <summary>A second ensemble that takes its output as the only column: steps of a calibration.</summary>
    internal TreeEnsembleFile? Steps { get; private init; }

    /// <summary>Names of its attributes.</summary>
    internal IEnumerable<string> Names => _attributes.Keys;

    /// <summary>Reads the ensemble that a model consists of.</summary>
    /// <param name="path">The <c>.onnx</c> file.</param>
    /// <param name="input">The name of the model's input.</param>
    /// <param name="output">The name of the relevant output.</param>
    /// <returns>
    /// Null unless the model is a single tree ensemble, optionally followed by a multiplication and an addition of a number and by a sigmoid or
    /// a tree ensemble of its output.
    /// </returns>
    /// <exception cref="InvalidDataException">The file is not a model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static TreeEnsembleFile? Read(string path, string input, string output)
        => new FileInfo(path).Length > MaxFileSize ? null : Parse(File.ReadAllBytes(path), input, output);

    /// <summary>Like <see cref="Read"/>, from the file's bytes.</summary>
    internal static TreeEnsembleFile? Parse(ReadOnlySpan<byte> file, string input, string output)
    {
        var graphs = 0;
        long operators = 0;
        var nodes = new List<OnnxNode>();
        var constants = new Dictionary<string, float>(StringComparer.Ordinal);
        for (var model = new ProtoReader(file); model.Next();)
        {
            switch (model.Field)
            {
                case 7:
                    graphs++;
                    for (var graph = new ProtoReader(model.Bytes); graph.Next();)
                    {
                        if (graph.Field == 1)
                        {
                            nodes.Add(OnnxNode.Read(graph.Bytes));
                        }
                        else if (graph.Field == 5 && OnnxConstant.Read(graph.Bytes) is var (name, value))
                        {
                            constants[name] = value;
                        }
                    }

                    break;
                case 8:
                    var (domain, version) = OperatorSet(model.Bytes);
                    if (domain == MachineLearning)
                    {
                        operators = version;
                    }

                    break;
                case 25: // functions, by which a model may give operators a meaning of its own
                    return null;
            }
        }
        // Version 5 introduces another tree operator and changes these.
        return graphs == 1 && operators is >= 1 and <= 3 ? Trace(nodes, constants, input, output) : null;
    }

    internal long Int(string name, long missing) => _attributes.TryGetValue(name, out var value) ? value.Int : missing;

    internal string Text(string name, string missing) => _attributes.TryGetValue(name, out var value) ? value.Text : missing;

    internal List<long> Ints(string name) => _attributes.TryGetValue(name, out var value) ? value.Ints : [];

    internal List<float> Floats(string name) => _attributes.TryGetValue(name, out var value) ? value.Floats : [];

    internal List<string> Texts(string name) => _attributes.TryGetValue(name, out var value) ? value.Texts : [];

    // Walks from the output back to the input; other nodes do not affect the output.
    static TreeEnsembleFile? Trace(List<OnnxNode> nodes, Dictionary<string, float> constants, string input, string output)
    {
        var hasSigmoid = false;
        float? scale = null, shift = null;
        TreeEnsembleFile? steps = null;
        for (var step = 0; step < MaxDepth; step++)
        {
            var node = nodes.Find(n => n.Outputs.Contains(output, StringComparer.Ordinal));
            if (node is null || Operand(node, constants) is not var (from, constant))
            {
                return null;
            }

            var isFirst = !hasSigmoid && steps is null && scale is null && shift is null;
            switch (node.Domain, node.Type)
            {
                case ("" or "ai.onnx", "Identity"):
                    break;
                case ("" or "ai.onnx", "Sigmoid") when isFirst:
                    hasSigmoid = true;
                    break;
                case ("" or "ai.onnx", "Add") when shift is null && scale is null && constant is not null:
                    shift = constant;
                    break;
                case ("" or "ai.onnx", "Mul") when scale is null && constant is not null:
                    scale = constant;
                    break;
                case (MachineLearning, "TreeEnsembleRegressor") when node.Outputs.IndexOf(output) == 0 && from == input:
                case (MachineLearning, "TreeEnsembleClassifier") when node.Outputs.IndexOf(output) == 1 && from == input && scale is null && shift is null:
                    return new TreeEnsembleFile(node) { HasSigmoid = hasSigmoid, Scale = scale, Shift = shift, Steps = steps };
                case (MachineLearning, "TreeEnsembleRegressor") when node.Outputs.IndexOf(output) == 0 && isFirst:
                    steps = new TreeEnsembleFile(node);
                    break;
                default:
                    return null;
            }
            output = from;
        }
        return null;
    }

    // A node's only input that is not a constant, and the constant of an operator of two.
    static (string From, float? Constant)? Operand(OnnxNode node, Dictionary<string, float> constants) => node switch
    {
        { Inputs: [var from] } => (from, null),
        { Type: "Add" or "Mul", Inputs: [var from, var constant] } when constants.TryGetValue(constant, out var value) => (from, value),
        { Type: "Add" or "Mul", Inputs: [var constant, var from] } when constants.TryGetValue(constant, out var value) => (from, value),
        _ => null,
    };

    static (string Domain, long Version) OperatorSet(ReadOnlySpan<byte> message)
    {
        var set = (Domain: "", Version: 0L);
        for (var reader = new ProtoReader(message); reader.Next();)
        {
            if (reader.Field == 1)
            {
                set.Domain = reader.Text;
            }

            if (reader.Field == 2)
            {
                set.Version = reader.Int;
            }
        }
        return set;
    }
}
