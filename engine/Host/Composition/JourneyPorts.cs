using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Composition;

/// <summary>Connects journeys to the open streams, the sinks and the partitions of a running engine.</summary>
/// <param name="connections">The open streams.</param>
/// <param name="sinks">The sinks.</param>
/// <param name="addresses">The address kind each sink requires, by sink name.</param>
sealed class JourneyPorts(ConnectionRegistry connections, SinkSet sinks, IReadOnlyDictionary<string, AddressKind> addresses) : IJourneyPorts
{
    volatile Dictionary<string, DeliveryChannel> _channels = ChannelsOf(addresses);

    // Messages handed over in an uncommitted transaction. A retry of the transaction must not send them twice.
    readonly HashSet<string> _handedOver = new(StringComparer.Ordinal);

    // Streams with unflushed writes.
    readonly HashSet<ClientConnection> _written = [];

    /// <summary>The stores, whose sealed ids are opened for sinks and streams.</summary>
    public required StoreDirectory Stores { get; init; }

    /// <summary>The partitions. Set before the start.</summary>
    public PartitionSet? Partitions { get; set; }

    /// <summary>The worker that receives replies. Set before the start.</summary>
    public JourneyWorker? Worker
    {
        get;
        set
        {
            field = value;
            Returning.OnReturn = cart => value?.ReturnShopper(cart);
        }
    }

    /// <summary>The carts whose offers wait until the shopper returns.</summary>
    public ReturningShoppers Returning { get; } = new();

    /// <summary>Replaces the sinks.</summary>
    /// <param name="next">The address kind each sink requires, by sink name.</param>
    public void Update(IReadOnlyDictionary<string, AddressKind> next) => _channels = ChannelsOf(next);

    /// <inheritdoc/>
    public DeliveryChannel? Find(string name) => _channels.GetValueOrDefault(name);

    /// <inheritdoc/>
    public int FreeCapacityOf(string channel) => sinks.Has(channel) ? sinks.FreeCapacityOf(channel) : int.MaxValue;

    /// <inheritdoc/>
    public bool TrySendToSocket(Intervention intervention, long connectionId)
    {
        if (_handedOver.Contains(intervention.Id))
        {
            return true;
        }

        if (connections.Find(connectionId) is not { } connection || !connection.TryWrite(Shown(intervention)))
        {
            return false;
        }

        _written.Add(connection);
        return _handedOver.Add(intervention.Id);
    }

    /// <inheritdoc/>
    public Hash128? AwaitShopper(in Hash128 cart, int store) => Returning.Await(cart, store);

    /// <inheritdoc/>
    public void ForgetShopper(in Hash128 cart) => Returning.Forget(cart);

    /// <inheritdoc/>
    public void ReleaseWindow(in Hash128 cart, long at, string campaign) => Partitions?.ReleaseWindow(cart, at, campaign);

    /// <inheritdoc/>
    public bool HasSinkWork { get; private set; }

    /// <inheritdoc/>
    public bool TryEnqueue(Intervention intervention)
    {
        if (_handedOver.Contains(intervention.Id))
        {
            return true;
        }

        HasSinkWork = true;
        return sinks.FreeCapacityOf(intervention.Channel) > 0 && sinks.TryDeliver(intervention.Channel, Shown(intervention))
            && _handedOver.Add(intervention.Id);
    }

    /// <inheritdoc/>
    public void LookUp(IReadOnlyList<DueMessage> messages) => _ = LookUpAsync(messages);

    /// <inheritdoc/>
    public void Flush()
    {
        foreach (var connection in _written)
        {
            connection.Output.Flush();
        }

        _written.Clear();
    }

    /// <inheritdoc/>
    public void OnCommitted()
    {
        _handedOver.Clear();
        HasSinkWork = false;
    }

    // The shop knows its ids as it writes them.
    Intervention Shown(Intervention intervention) => Stores.All.Find(intervention.StoreId)?.Ids is { Sealed: not null } ids
        ? intervention with
        {
            CartId = ids.ShownForm(intervention.CartId),
            UserId = intervention.UserId is { } user ? ids.ShownForm(user) : null,
            SessionId = intervention.SessionId is { } session ? ids.ShownForm(session) : null,
        }
        : intervention;

    static Dictionary<string, DeliveryChannel> ChannelsOf(IReadOnlyDictionary<string, AddressKind> addresses) => addresses
        .Select(pair => new DeliveryChannel(pair.Key, pair.Value))
        .Append(new DeliveryChannel(Campaign.SocketChannel, AddressKind.None))
        .ToDictionary(channel => channel.Name, StringComparer.Ordinal);

    async Task LookUpAsync(IReadOnlyList<DueMessage> messages)
    {
        try
        {
            var carts = await Task.WhenAll(messages.Select(message => Partitions!.FindAsync(message.Cart, CancellationToken.None)));
            Worker!.AddCarts([.. messages.Zip(carts, (message, cart) => (message, cart))]);
        }
#pragma warning disable CA1031 // A dead partition has already reported its fault; the messages become due again.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
