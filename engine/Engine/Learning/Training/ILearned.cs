namespace CartRecovery.Engine.Learning.Training;

/// <summary>A trained learner, which predicts and can write itself into an ONNX graph with the same predictions.</summary>
interface ILearned
{
    /// <summary>A description for the model card.</summary>
    string Description { get; }

    /// <summary>Predicts the probability of label 1, 0–1.</summary>
    float Predict(ReadOnlySpan<float> row);

    /// <summary>Adds the nodes from <paramref name="input"/>, float [rows, features], to <paramref name="output"/>, float [rows, 1].</summary>
    void Write(OnnxGraph graph, string input, string output);
}
