using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.Calibration;

/// <summary>Takes the log odds as they are.</summary>
sealed class NoCalibration : ICalibration
{
    public string Description => "none";

    public float Apply(float logit) => LearnedExtensions.Sigmoid(logit);

    public void Write(OnnxGraph graph, string logit, string output) => graph.Node("Sigmoid", [logit], [output]);
}
