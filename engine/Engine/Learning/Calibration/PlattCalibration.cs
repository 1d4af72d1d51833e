using System.Globalization;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.Calibration;

/// <summary>
/// A line through the log odds before the sigmoid (Platt 1999), fitted by Newton's method to labels drawn a little towards each other,
/// which keeps it finite (Lin, Lin and Weng 2007).
/// </summary>
sealed class PlattCalibration : ICalibration
{
    const int MaxIterations = 100;

    readonly float _scale;
    readonly float _shift;

    PlattCalibration(float scale, float shift)
    {
        _scale = scale;
        _shift = shift;
    }

    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"Platt: {_scale:0.###} × log odds {(_shift < 0 ? '−' : '+')} {Math.Abs(_shift):0.###}");

    /// <summary>The slope.</summary>
    internal float Scale => _scale;

    /// <summary>The intercept.</summary>
    internal float Shift => _shift;

    /// <summary>Fits the line; null if it would turn the order of the scores round.</summary>
    /// <param name="logits">The log odds.</param>
    /// <param name="labels">Their labels.</param>
    /// <param name="priorWeight">
    /// Weight of a normal prior whose mode is the unchanged log odds (slope 1, intercept 0): the inverse of its variance; 0 for none.
    /// </param>
    internal static PlattCalibration? Fit(ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels, double priorWeight = 0)
    {
        double positives = labels.Count((byte)1), negatives = labels.Length - positives;
        double high = (positives + 1) / (positives + 2), low = 1 / (negatives + 2);
        double scale = 1, shift = 0;
        var loss = Loss(logits, labels, scale, shift, high, low, priorWeight);
        for (var iteration = 0; iteration < MaxIterations; iteration++)
        {
            double gScale = priorWeight * (scale - 1), gShift = priorWeight * shift, hScale = 1e-9 + priorWeight, hShift = 1e-9 + priorWeight, hBoth = 0;
            for (var i = 0; i < logits.Length; i++)
            {
                double z = logits[i], p = 1 / (1 + Math.Exp(-(scale * z + shift)));
                double error = p - (labels[i] == 1 ? high : low), curvature = p * (1 - p);
                gScale += error * z;
                gShift += error;
                hScale += curvature * z * z;
                hShift += curvature;
                hBoth += curvature * z;
            }
            var determinant = hScale * hShift - hBoth * hBoth;
            var stepScale = (hShift * gScale - hBoth * gShift) / determinant;
            var stepShift = (hScale * gShift - hBoth * gScale) / determinant;
            // Far from the optimum a full step may overshoot; halve it until the loss decreases.
            double shrink = 1, next = double.PositiveInfinity;
            for (var halving = 0; halving < 30; halving++, shrink /= 2)
            {
                next = Loss(logits, labels, scale - shrink * stepScale, shift - shrink * stepShift, high, low, priorWeight);
                if (next < loss)
                {
                    break;
                }
            }
            if (!(next < loss))
            {
                break;
            }

            (scale, shift) = (scale - shrink * stepScale, shift - shrink * stepShift);
            var gained = loss - next;
            loss = next;
            if (gained < 1e-10 * (1 + loss))
            {
                break;
            }
        }
        return (float)scale > 0 && double.IsFinite(shift) ? new PlattCalibration((float)scale, (float)shift) : null;
    }

    public float Apply(float logit) => LearnedExtensions.Sigmoid(logit * _scale + _shift);

    public void Write(OnnxGraph graph, string logit, string output)
    {
        graph.Initializer("calibration_scale", [1], [_scale]);
        graph.Initializer("calibration_shift", [1], [_shift]);
        graph.Node("Mul", [logit, "calibration_scale"], ["scaled"]);
        graph.Node("Add", ["scaled", "calibration_shift"], ["calibrated"]);
        graph.Node("Sigmoid", ["calibrated"], [output]);
    }

    static double Loss(ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels, double scale, double shift, double high, double low, double priorWeight)
    {
        var sum = priorWeight / 2 * ((scale - 1) * (scale - 1) + shift * shift);
        for (var i = 0; i < logits.Length; i++)
        {
            var z = scale * logits[i] + shift;
            sum += Math.Max(z, 0) - z * (labels[i] == 1 ? high : low) + Math.Log(1 + Math.Exp(-Math.Abs(z)));
        }
        return sum;
    }
}
