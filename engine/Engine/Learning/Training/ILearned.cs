namespace CartRecovery.Engine.Learning.Training;

/// <summary>What a learner learned: it predicts, and it can write itself into an ONNX graph that predicts the same.</summary>
internal interface ILearned
{
    /// <summary>What it is, in words, for the model card.</summary>
    string Description { get; }

    /// <summary>The probability of label 1, 0–1.</summary>
    float Predict(ReadOnlySpan<float> row);

    /// <summary>Adds the nodes from <paramref name="input"/>, float [rows, features], to <paramref name="output"/>, float [rows, 1].</summary>
    void Write(OnnxGraph graph, string input, string output);
}
