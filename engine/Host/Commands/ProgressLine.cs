using System.Globalization;

namespace CartRecovery.Host.Commands;

/// <summary>
/// Says on standard error how something long goes on: a bar with the rate and the time left on a terminal, else a plain line every few
/// seconds, or nothing.
/// </summary>
sealed class ProgressLine : IDisposable
{
    const int Width = 24;

    static readonly TimeSpan s_onTerminal = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan s_inLog = TimeSpan.FromSeconds(5);

    readonly Func<(long Events, double Share)> _look;
    readonly long _start = TimeProvider.System.GetTimestamp();
    readonly bool _isTerminal = !Console.IsErrorRedirected;
    readonly Lock _gate = new();
    readonly ITimer? _timer;
    bool _isShown;
    bool _isOver;

    /// <param name="look">Tells how many events there were, and the share of the work that is done.</param>
    /// <param name="onTerminalAlone">Without plain lines.</param>
    public ProgressLine(Func<(long Events, double Share)> look, bool onTerminalAlone = false)
    {
        _look = look;
        if (_isTerminal || !onTerminalAlone)
        {
            var every = _isTerminal ? s_onTerminal : s_inLog;
            _timer = TimeProvider.System.CreateTimer(_ => Show(), state: null, every, every);
        }
    }

    /// <summary>How long it has taken.</summary>
    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_start);

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_gate)
        {
            _isOver = true;
            if (_isShown && _isTerminal)
            {
                Console.Error.Write("\r\e[K");
            }
        }
    }

    void Show()
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            _isShown = true;
            var (events, share) = _look();
            var elapsed = Elapsed;
            var left = share < 0.001 ? "" : $", {Describe(elapsed * ((1 - share) / share))} left";
            var text = string.Create(CultureInfo.InvariantCulture,
                $"{share:P0}  {events:N0} events, {events / Math.Max(elapsed.TotalSeconds, 0.001):N0} a second{left}");
            if (_isTerminal)
            {
                var done = (int)(share * Width);
                Console.Error.Write($"\r\e[K[{new string('#', done)}{new string('.', Width - done)}] {text}");
            }
            else
            {
                Console.Error.WriteLine(text);
            }
        }
    }

    static string Describe(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours}h {time.Minutes}m"
        : time.TotalMinutes >= 1 ? $"{time.Minutes}m {time.Seconds}s" : $"{time.Seconds}s";
}
