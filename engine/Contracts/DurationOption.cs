namespace CartRecovery.Contracts;

/// <summary>A length of time, written as <see cref="DurationText"/> says.</summary>
public sealed class DurationOption : OptionType
{
    internal DurationOption(TimeSpan? min, TimeSpan? max) => (Min, Max) = (min, max);

    /// <summary>The shortest value; <see langword="null"/> for 0.</summary>
    public TimeSpan? Min { get; }

    /// <summary>The longest value; <see langword="null"/> for no limit.</summary>
    public TimeSpan? Max { get; }

    /// <inheritdoc/>
    public override string Name => "duration";

    /// <inheritdoc/>
    public override string Form => (Min, Max) switch
    {
        ({ } min, { } max) => $"a duration from {DurationText.Write(min)} to {DurationText.Write(max)}",
        ({ } min, null) => $"a duration, {DurationText.Write(min)} or longer",
        (null, { } max) => $"a duration, at most {DurationText.Write(max)}",
        _ => DurationText.Form,
    };

    internal override Type ValueType => typeof(TimeSpan);

    internal override object? Read(OptionValue value) =>
        value.Text is { } text && DurationText.TryParse(text, out var time) && !(time < Min) && !(time > Max) ? time : null;
}
