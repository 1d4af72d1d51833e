using System.Globalization;
using CartRecovery.Engine.Learning.Calibration;
using CartRecovery.Engine.Learning.Evaluation;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>A fitted model, which predicts and can be written as an ONNX file with the same predictions.</summary>
public sealed class FittedModel
{
    readonly ILearned _learned;
    readonly ICalibration _calibration;

    internal FittedModel(ILearned learned, IReadOnlyList<string> features, float[] baseline, FitReport report, ICalibration? calibration = null)
    {
        _learned = learned;
        _calibration = calibration ?? new NoCalibration();
        Features = features;
        Baseline = baseline;
        Report = report;
    }

    /// <summary>Features, in row order.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <summary>Each feature's median over the training rows.</summary>
    public IReadOnlyList<float> Baseline { get; }

    /// <summary>The evaluation.</summary>
    public FitReport Report { get; }

    /// <summary>Predicts the probability of label 1, 0–1.</summary>
    public float Predict(ReadOnlySpan<float> row) => _calibration.Apply(_learned.Logit(row));

    /// <summary>Writes the model with the metadata that the engine requires. Deterministic.</summary>
    public void WriteOnnx(string path, string name, string version) => File.WriteAllBytes(path, ToOnnx(name, version));

    internal byte[] ToOnnx(string name, string version)
    {
        var graph = new OnnxGraph();
        graph.Metadata("cartrecovery.name", name);
        graph.Metadata("cartrecovery.version", version);
        graph.Metadata("cartrecovery.features", string.Join(',', Features));
        graph.Metadata("cartrecovery.baseline", string.Join(',', Baseline.Select(b => b.ToString("R", CultureInfo.InvariantCulture))));
        graph.Input("features", OnnxGraph.Float, -1, Features.Count);
        graph.Output("probability", OnnxGraph.Float, -1, 1);
        _learned.WriteLogit(graph, "features", "logit");
        _calibration.Write(graph, "logit", "probability");
        return graph.ToArray(name);
    }
}
