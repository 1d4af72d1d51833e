using System.Collections.Frozen;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Trees;

namespace CartRecovery.Engine.Models;

/// <summary>
/// The operators that a registered model may consist of. All end after a number of steps that their inputs' sizes bound: no loops, no branches, no
/// operators that make a tensor of a size that a value names. Checked before ONNX Runtime sees the file. The file that <c>scoring.model</c> names is the
/// operator's own, and may have others.
/// </summary>
static class ModelOperators
{
    /// <summary>Maximum number of nodes.</summary>
    internal const int MaxNodes = 10_000;

    const string MachineLearning = "ai.onnx.ml";

    // onnx.proto: TensorProto.data_location.
    const int External = 1;

    static readonly FrozenSet<string> s_learning = FrozenSet.Create(StringComparer.Ordinal,
        "TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor", "LinearClassifier", "LinearRegressor", "SVMClassifier", "SVMRegressor",
        "Scaler", "Normalizer", "Imputer", "OneHotEncoder", "LabelEncoder", "Binarizer", "ArrayFeatureExtractor", "FeatureVectorizer", "ZipMap");

    static readonly FrozenSet<string> s_general = FrozenSet.Create(StringComparer.Ordinal,
        "Gemm", "MatMul", "Add", "Sub", "Mul", "Div", "Neg", "Abs", "Pow", "Sqrt", "Exp", "Log", "Reciprocal", "Sign", "Floor", "Ceil", "Round", "Clip",
        "Min", "Max", "Sum", "Mean", "Sigmoid", "Softmax", "LogSoftmax", "Softplus", "Tanh", "Relu", "LeakyRelu", "Elu", "Selu", "PRelu", "Gelu", "Erf",
        "HardSigmoid", "BatchNormalization", "LayerNormalization", "Dropout", "Identity", "Cast", "Constant", "Where", "Equal", "Greater",
        "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Not", "IsNaN", "IsInf", "Concat", "Split", "Slice", "Gather", "Reshape", "Flatten",
        "Squeeze", "Unsqueeze", "Transpose", "Shape", "ArgMax", "ArgMin", "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd",
        "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp");

    /// <summary>Throws if a model has another operator, or keeps tensors outside its file.</summary>
    /// <exception cref="ModelException">
    /// <see cref="ModelException.UnsupportedOperator"/>, <see cref="ModelException.ExternalData"/>, or <see cref="ModelException.Unreadable"/>.
    /// </exception>
    internal static void Check(ReadOnlySpan<byte> file)
    {
        try
        {
            var nodes = 0;
            for (var model = new ProtoReader(file); model.Next();)
            {
                switch (model.Field)
                {
                    case 7:
                        CheckGraph(model.Bytes, ref nodes);
                        break;
                    case 20 or 25:
                        throw Unsupported("The model defines functions of its own or how it is to be trained");
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new ModelException(ModelException.Unreadable, $"The model cannot be loaded as a model; it may be truncated: {e.Message}.");
        }
    }

    static void CheckGraph(ReadOnlySpan<byte> message, ref int nodes)
    {
        for (var graph = new ProtoReader(message); graph.Next();)
        {
            switch (graph.Field)
            {
                case 1:
                    CheckNode(graph.Bytes);
                    if (++nodes > MaxNodes)
                    {
                        throw Unsupported($"The model has more than {MaxNodes} nodes");
                    }

                    break;
                case 5:
                    CheckTensor(graph.Bytes);
                    break;
                case 15:
                    throw Unsupported("The model has sparse tensors");
            }
        }
    }

    static void CheckNode(ReadOnlySpan<byte> message)
    {
        var (type, domain) = ("", "");
        for (var node = new ProtoReader(message); node.Next();)
        {
            switch (node.Field)
            {
                case 4:
                    type = node.Text;
                    break;
                case 5:
                    CheckAttribute(node.Bytes);
                    break;
                case 7:
                    domain = node.Text;
                    break;
            }
        }

        if (!(domain switch { "" or "ai.onnx" => s_general, MachineLearning => s_learning, _ => FrozenSet<string>.Empty }).Contains(type))
        {
            throw Unsupported($"The model has the operator '{Shorten(domain.Length == 0 ? type : $"{domain}.{type}")}'");
        }
    }

    static void CheckAttribute(ReadOnlySpan<byte> message)
    {
        for (var attribute = new ProtoReader(message); attribute.Next();)
        {
            switch (attribute.Field)
            {
                case 5 or 10:
                    CheckTensor(attribute.Bytes);
                    break;
                case 6 or 11 or 22 or 23:
                    throw Unsupported("The model has graphs or sparse tensors within an operator");
            }
        }
    }

    static void CheckTensor(ReadOnlySpan<byte> message)
    {
        var (name, isExternal) = ("", false);
        for (var tensor = new ProtoReader(message); tensor.Next();)
        {
            switch (tensor.Field)
            {
                case 8:
                    name = tensor.Text;
                    break;
                case 13:
                    isExternal = true;
                    break;
                case 14:
                    isExternal |= tensor.Int == External;
                    break;
            }
        }

        if (isExternal)
        {
            throw new ModelException(ModelException.ExternalData,
                $"The model keeps the tensor '{Shorten(name)}' in another file. Save it as one file, such as with onnx.save(model, path, save_as_external_data=False).");
        }
    }

    static ModelException Unsupported(string what) =>
        new(ModelException.UnsupportedOperator, $"{what}, which a registered model may not. docs/models.md lists the operators.");

    static string Shorten(string text) => text.Length <= 60 ? text : $"{text[..60]}…";
}
