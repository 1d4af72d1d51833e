namespace CartRecovery.Engine.Delivery;

/// <summary>The ids of interventions that must not be delivered any more although a sink has them. The latest 65,536; the oldest is forgotten first. Any thread.</summary>
public sealed class Withdrawals
{
    /// <summary>Maximum number of ids.</summary>
    public const int Capacity = 65_536;

    readonly Lock _gate = new();
    readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    readonly Queue<string> _order = new();
    volatile bool _isEmpty = true;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _isEmpty;

    /// <summary>Withdraws an intervention.</summary>
    public void Add(string id)
    {
        lock (_gate)
        {
            if (!_ids.Add(id))
            {
                return;
            }

            _order.Enqueue(id);
            if (_order.Count > Capacity)
            {
                _ids.Remove(_order.Dequeue());
            }

            _isEmpty = false;
        }
    }

    /// <summary>Returns whether an intervention was withdrawn.</summary>
    public bool Contains(string id)
    {
        lock (_gate)
        {
            return _ids.Contains(id);
        }
    }
}
