namespace CartRecovery.Engine.Events.Clocks;

/// <summary>
/// Remembers the clocks of devices between their connections and requests: a bounded number, of which a newer device replaces an older one.
/// Any thread may use it. It is asked once a message that says when it was sent, not once an event.
/// </summary>
public sealed class DeviceClocks
{
    const int Slots = 4096;
    const int Locks = 64;

    readonly Slot[] _slots = new Slot[Slots];
    readonly Lock[] _locks = [.. Enumerable.Range(0, Locks).Select(_ => new Lock())];

    struct Slot
    {
        public ulong Device;
        public DeviceClock Clock;
    }

    /// <summary>Returns a device's clock; an unknown one if it is not remembered.</summary>
    internal DeviceClock Of(ulong device)
    {
        lock (LockOf(device))
        {
            ref readonly var slot = ref _slots[device % Slots];
            return slot.Device == device ? slot.Clock : default;
        }
    }

    /// <summary>Takes the time at which a device sent a message.</summary>
    /// <param name="device">The device's key.</param>
    /// <param name="clock">The sender's copy of its clock.</param>
    /// <param name="sentAt">Milliseconds since 1970 UTC, by the device's clock.</param>
    /// <param name="receivedAt">When it was received, by the engine's clock.</param>
    internal void Observe(ulong device, ref DeviceClock clock, long sentAt, long receivedAt)
    {
        lock (LockOf(device))
        {
            ref var slot = ref _slots[device % Slots];
            if (slot.Device == device)
            {
                slot.Clock.Join(clock);
            }
            else
            {
                (slot.Device, slot.Clock) = (device, clock);
            }

            slot.Clock.Observe(sentAt, receivedAt);
            clock = slot.Clock;
        }
    }

    Lock LockOf(ulong device) => _locks[device % Locks];
}
