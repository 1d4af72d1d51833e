namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>The attributes of an ONNX model's tree ensemble operator.</summary>
sealed class TreeEnsembleFile
{
    const long MaxFileSize = 64 << 20;
    const int MaxDepth = 16;
    const string MachineLearning = "ai.onnx.ml";

    readonly Dictionary<string, OnnxValue> _attributes;

    TreeEnsembleFile(OnnxNode node, bool hasSigmoid)
    {
        _attributes = node.Attributes;
        IsClassifier = node.Type == "TreeEnsembleClassifier";
        HasSigmoid = hasSigmoid;
    }

    /// <summary>Whether its output is a label and a score per class instead of one number.</summary>
    internal bool IsClassifier { get; }

    /// <summary>Whether a sigmoid follows it.</summary>
    internal bool HasSigmoid { get; }

    /// <summary>Names of its attributes.</summary>
    internal IEnumerable<string> Names => _attributes.Keys;

    /// <summary>Reads the ensemble that a model consists of.</summary>
    /// <param name="path">The <c>.onnx</c> file.</param>
    /// <param name="input">The name of the model's input.</param>
    /// <param name="output">The name of the relevant output.</param>
    /// <returns>Null unless the model is a single tree ensemble, optionally followed by a sigmoid.</returns>
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
        return graphs == 1 && operators is >= 1 and <= 3 ? Trace(nodes, input, output) : null;
    }

    internal long Int(string name, long missing) => _attributes.TryGetValue(name, out var value) ? value.Int : missing;

    internal string Text(string name, string missing) => _attributes.TryGetValue(name, out var value) ? value.Text : missing;

    internal List<long> Ints(string name) => _attributes.TryGetValue(name, out var value) ? value.Ints : [];

    internal List<float> Floats(string name) => _attributes.TryGetValue(name, out var value) ? value.Floats : [];

    internal List<string> Texts(string name) => _attributes.TryGetValue(name, out var value) ? value.Texts : [];

    // Walks from the output back to the input; other nodes do not affect the output.
    static TreeEnsembleFile? Trace(List<OnnxNode> nodes, string input, string output)
    {
        var hasSigmoid = false;
        for (var step = 0; step < MaxDepth; step++)
        {
            var node = nodes.Find(n => n.Outputs.Contains(output, StringComparer.Ordinal));
            if (node is not { Inputs: [var from] })
            {
                return null;
            }

            switch (node.Domain, node.Type)
            {
                case ("" or "ai.onnx", "Identity"):
                    break;
                case ("" or "ai.onnx", "Sigmoid") when !hasSigmoid:
                    hasSigmoid = true;
                    break;
                case (MachineLearning, "TreeEnsembleRegressor") when node.Outputs.IndexOf(output) == 0 && from == input:
                case (MachineLearning, "TreeEnsembleClassifier") when node.Outputs.IndexOf(output) == 1 && from == input:
                    return new TreeEnsembleFile(node, hasSigmoid);
                default:
                    return null;
            }
            output = from;
        }
        return null;
    }

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
