namespace CartRecovery.Engine.Learning.Drift;

/// <summary>
/// Detects that labels no longer follow from a fixed model's scores as before (concept drift). One thread.
/// <para>
/// As ADWIN does, it looks for a cut of the window of outcomes whose sides differ by more than chance allows. It compares two things: the
/// rate of errors, where only a rise counts
/// (ADWIN's bound), and the calibration in bands of the score (a likelihood ratio test over the bands). A change beside the decision
/// boundary may leave the rate of errors as it
/// is, but not the calibration of the bands there.
/// </para>
/// <para>The model must not learn meanwhile: its scores would change their meaning without any drift.</para>
/// </summary>
public sealed class ConceptDriftDetector
{
    const int Bands = 10, PerBand = 2, Columns = 1 + Bands * PerBand;

    // Outcomes on each side of a cut.
    const int MinErrorSide = 10, MinCalibrationSide = 200;

    // Cochran's rule: with fewer expected outcomes, the chi-square distribution does not hold.
    const double MinExpected = 5;

    // ADWIN's bound has slack that the likelihood ratio test does not have: it spends this share of delta.
    const double CalibrationShare = 0.002;

    readonly double _delta;
    readonly int _clock;
    readonly OutcomeBuckets _window = new(Columns);
    readonly double[] _vector = new double[Columns];
    DriftCause _cause;

    /// <param name="delta">Probability of a false alarm for each test of the window, above 0 and below 1.</param>
    /// <param name="clock">The window is tested after every so many outcomes, 1 or more.</param>
    public ConceptDriftDetector(double delta = 0.002, int clock = 16)
    {
        if (delta is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(delta), delta, "Above 0 and below 1.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(clock, 1);
        (_delta, _clock) = (delta, clock);
    }

    /// <summary>Number of outcomes since the start or the last reset.</summary>
    public long Count => _window.Count;

    /// <summary>The rate of errors of all outcomes, 0–1; 0 without any.</summary>
    public double ErrorRate => Count == 0 ? 0 : _window.Total[0] / Count;

    /// <summary>Adds the outcome of a score.</summary>
    /// <param name="score">The probability of label 1 before the label was known, 0–1.</param>
    /// <param name="label">The label, 0 or 1.</param>
    /// <returns>What has changed. After a change, the caller resets the detector.</returns>
    public DriftCause Add(double score, int label)
    {
        var band = Math.Clamp((int)(score * Bands), 0, Bands - 1);
        _vector.AsSpan().Clear();
        _vector[0] = (score > 0.5 ? 1 : 0) != label ? 1 : 0;
        _vector[1 + band * PerBand] = 1;
        _vector[2 + band * PerBand] = label;
        _window.Add(_vector);
        _cause = DriftCause.None;
        if (Count % _clock == 0)
        {
            _window.Visit(IsFirstChange);
        }

        return _cause;
    }

    /// <summary>Forgets all outcomes.</summary>
    public void Reset() => _window.Clear();

    bool IsFirstChange(long count, ReadOnlySpan<double> older)
    {
        var newer = Count - count;
        if (count >= MinErrorSide && newer >= MinErrorSide && HaveErrorsRisen(count, newer, older[0]))
        {
            _cause = DriftCause.Errors;
        }
        else if (count >= MinCalibrationSide && newer >= MinCalibrationSide && HasCalibrationChanged(older))
        {
            _cause = DriftCause.Calibration;
        }

        return _cause == DriftCause.None && newer >= MinErrorSide;
    }

    bool HaveErrorsRisen(long count, long newer, double errors)
    {
        var (inverse, log) = (1.0 / count + 1.0 / newer, Math.Log(4 * Math.Log(Count) / _delta));
        return (_window.Total[0] - errors) / newer - errors / count
            > Math.Sqrt(2 * inverse * ErrorRate * (1 - ErrorRate) * log) + 2.0 / 3 * inverse * log;
    }

    bool HasCalibrationChanged(ReadOnlySpan<double> older)
    {
        var (ratio, degrees) = (0.0, 0);
        for (var band = 0; band < Bands; band++)
        {
            var at = 1 + band * PerBand;
            var (n, k, all, positives) = (older[at], older[at + 1], _window.Total[at], _window.Total[at + 1]);
            if (Math.Min(n, all - n) * Math.Min(positives, all - positives) < MinExpected * all || all == 0)
            {
                continue;
            }

            degrees++;
            ratio += 2 * (Information(k, n, positives / all) + Information(positives - k, all - n, positives / all));
        }

        return ratio > 2 * degrees && ChiSquare.UpperTail(ratio, degrees) < CalibrationShare * _delta / Math.Log(Count);
    }

    // n times the Kullback-Leibler divergence of the observed rate from the expected one.
    static double Information(double k, double n, double expected) =>
        (k > 0 ? k * Math.Log(k / (n * expected)) : 0) + (n > k ? (n - k) * Math.Log((n - k) / (n * (1 - expected))) : 0);
}
