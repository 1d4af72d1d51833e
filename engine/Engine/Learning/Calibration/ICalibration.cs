using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.Calibration;

/// <summary>Maps a learner's log odds to a probability that agrees with observed frequencies. Never decreasing.</summary>
interface ICalibration
{
    /// <summary>A description for the model card.</summary>
    string Description { get; }

    /// <summary>Returns the probability, 0–1.</summary>
    float Apply(float logit);

    /// <summary>Adds the nodes from the log odds, float [rows, 1], to the probability, float [rows, 1].</summary>
    void Write(OnnxGraph graph, string logit, string output);
}
