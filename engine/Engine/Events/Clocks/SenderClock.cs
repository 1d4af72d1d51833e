namespace CartRecovery.Engine.Events.Clocks;

/// <summary>Corrects the times of one source's events by the clocks of its devices. One thread at a time.</summary>
/// <param name="devices">The clocks of browsers; null if the source is one device, as a server is.</param>
sealed class SenderClock(DeviceClocks? devices)
{
    DeviceClock _clock;
    ulong _device;
    long _sentAt;

    /// <summary>Returns an event's time by the engine's clock.</summary>
    /// <param name="device">The key of its device.</param>
    /// <param name="time">By the device's clock, in milliseconds since 1970 UTC.</param>
    /// <param name="sentAt">When the device sent it, by its clock; 0 if it does not say.</param>
    /// <param name="receivedAt">When it was received.</param>
    public long Correct(ulong device, long time, long sentAt, long receivedAt)
    {
        if (devices is not null && device != _device)
        {
            (_device, _clock, _sentAt) = (device, devices.Of(device), 0);
        }

        if (sentAt != 0 && sentAt != _sentAt)
        {
            _sentAt = sentAt;
            if (devices is null)
            {
                _clock.Observe(sentAt, receivedAt);
            }
            else
            {
                devices.Observe(device, ref _clock, sentAt, receivedAt);
            }
        }

        var corrected = _clock.Correct(time);
        _clock.Keep(time, receivedAt);
        return corrected;
    }
}
