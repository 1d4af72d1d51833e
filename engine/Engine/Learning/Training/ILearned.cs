namespace CartRecovery.Engine.Learning.Training;

/// <summary>A trained learner, which scores rows and can write itself into an ONNX graph with the same scores.</summary>
interface ILearned
{
    /// <summary>A description for the model card.</summary>
    string Description { get; }

    /// <summary>Computes a row's log odds of label 1.</summary>
    float Logit(ReadOnlySpan<float> row);

    /// <summary>Adds the nodes from <paramref name="input"/>, float [rows, features], to the log odds, float [rows, 1].</summary>
    void WriteLogit(OnnxGraph graph, string input, string output);
}

/// <summary>What follows from a learner's log odds.</summary>
static class LearnedExtensions
{
    /// <summary>Predicts the probability of label 1, 0–1.</summary>
    internal static float Predict(this ILearned learned, ReadOnlySpan<float> row) => Sigmoid(learned.Logit(row));

    /// <summary>Adds the nodes from <paramref name="input"/>, float [rows, features], to the probability, float [rows, 1].</summary>
    internal static void Write(this ILearned learned, OnnxGraph graph, string input, string output)
    {
        learned.WriteLogit(graph, input, "logit");
        graph.Node("Sigmoid", ["logit"], [output]);
    }

    internal static float Sigmoid(float z) => 1 / (1 + MathF.Exp(-z));
}
