using System.Buffers.Text;
using CartRecovery.Engine.Events.Clocks;

namespace CartRecovery.Engine.Events;

/// <content>Takes the time of an event, and when it was sent.</content>
sealed partial class EventBuilder
{
    // Of nanoseconds since 1970, at present.
    const int MaxDigits = 19;

    long _time;
    long _sentAt;
    double _timeNumber;
    bool _hasTimestamp;

    /// <summary>When the message was sent, by the device's clock, in milliseconds since 1970 UTC; 0 if it does not say.</summary>
    public long MessageSentAt { get; set; }

    /// <summary>Corrects the source's times; null until an event or a message of it says when it was sent.</summary>
    public SenderClock? Sender { get; set; }

    /// <summary>Whether the finished event's time is by the engine's clock instead of the sender's.</summary>
    public bool IsTimeCorrected { get; private set; }

    /// <summary>Sets the time from a number: milliseconds since 1970 UTC. One that is plainly in another unit is invalid.</summary>
    public void SetTime(long time) => SetNumber(time, time);

    /// <summary>Sets the time, in milliseconds since 1970 UTC; fractions are dropped, and extreme values saturate.</summary>
    public void SetTime(double time) => SetNumber((long)Math.Clamp(time, -1e15, 1e15), time);

    /// <summary>Sets the time, in milliseconds since 1970 UTC.</summary>
    public void SetMoment(long time) => SetNumber(time, 0);

    /// <summary>Sets the time from RFC 3339 text, or from a number as text.</summary>
    public void SetTime(ReadOnlySpan<byte> text)
    {
        if (EventTime.TryParse(text, out var time))
        {
            SetMoment(time);
        }
        else if (text.Length <= MaxDigits && !text.IsEmpty && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(text, out long number, out _))
        {
            // PHP, forms and tag managers send numbers as text.
            SetTime(number);
        }
        else
        {
            FailTime();
        }
    }

    /// <summary>Sets when the event was sent, by the device's clock, in milliseconds since 1970 UTC.</summary>
    public void SetSentAt(long time) => _sentAt = time;

    void BeginTime()
    {
        _hasTimestamp = IsTimeCorrected = false;
        _sentAt = MessageSentAt;
    }

    void SetNumber(long time, double number)
    {
        if (double.IsNaN(number))
        {
            FailTime();
            return;
        }

        (_time, _timeNumber, _hasTimestamp) = (time, number, true);
    }

    // Corrects the time by the device's clock; one that is then out of range is clamped and marked. The keys are set.
    EventProblem FinishTime()
    {
        var time = _time;
        if ((Sender is not null || _sentAt != 0) && Rules.CorrectsTimes)
        {
            Sender ??= new SenderClock(Rules.IsServer ? null : Rules.Devices);
            time = Sender.Correct(_record.Session != 0 ? _record.Session : _record.Cart.Low, time, _sentAt, _receivedAt);
        }

        if (Rules.MaxAheadMilliseconds == 0)
        {
            // The rules say that no clock is ahead of the engine's: such an event happens when it arrives.
            time = Math.Min(time, _receivedAt);
        }

        IsTimeCorrected = time != _time;
        _record.Timestamp = Math.Clamp(time, _receivedAt - Rules.MaxAgeMilliseconds, _receivedAt + Rules.MaxAheadMilliseconds);
        if (_record.Timestamp != time)
        {
            if (TimeUnit.Describe(_timeNumber, _receivedAt) is { } problem)
            {
                return new(EventErrorCode.InvalidTimestamp, $"'ts' {problem}");
            }

            _record.Flags |= EventFlags.Clamped;
        }

        return default;
    }

    void FailTime() => Fail(EventErrorCode.InvalidTimestamp, "'ts' must be milliseconds since 1970 or RFC 3339 with a zone");
}
