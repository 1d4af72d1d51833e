using System.Globalization;
using System.Text;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins;

/// <summary>Prints each intervention as a line on standard output.</summary>
public sealed class ConsoleSink : ISink
{
    readonly StreamWriter _out;
    readonly SemaphoreSlim _writeLock = new(1);

    internal ConsoleSink(Stream output) =>
        _out = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 16 * 1024, leaveOpen: true);

    /// <summary>The <c>console</c> sink type.</summary>
    public static SinkSpec Spec { get; } = new(
        "console",
        "Prints each intervention as a line on standard output.",
        [],
        _ => new SinkInstance(
            new ConsoleSink(Console.OpenStandardOutput()), _ => ValueTask.FromResult(new SinkHealth(Healthy: true, "standard output"))));

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public async ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        await _writeLock.WaitAsync(cancellationToken);
        try
        {
            foreach (var intervention in batch.Items)
            {
                _out.WriteLine(Line(intervention));
            }

            await _out.FlushAsync(cancellationToken);
            batch.DeliverRemaining();
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _out.DisposeAsync();
        _writeLock.Dispose();
    }

    /// <summary>Formats an intervention as one line, with control characters replaced by spaces.</summary>
    internal static string Line(Intervention i)
    {
        var action = i.Action switch
        {
            ActionKind.Discount => string.Create(CultureInfo.InvariantCulture, $"discount {i.DiscountPercent:0.##}%"),
            ActionKind.Urgency => "urgency",
            _ => "reminder",
        };
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{i.DecidedAt.UtcDateTime:HH:mm:ss} {action,-13} {i.StoreId}/{i.CartId} " +
            $"{i.Cart.ItemCount} for {i.Cart.Value:0.00} {i.Cart.Currency}  \"{i.Message}\"  " +
            $"({i.Campaign}, score {i.Reasons.Score:0.00}, {i.Id})");
        return string.Create(line.Length, line, static (to, from) =>
        {
            for (var at = 0; at < to.Length; at++)
            {
                to[at] = char.IsControl(from[at]) ? ' ' : from[at];
            }
        });
    }
}
