using System.Globalization;
using System.Text;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>Gives a run of a job its log, progress, report and the engine's services. Thread-safe.</summary>
public sealed class JobContext
{
    /// <summary>Maximum number of lines of a run's log. Beyond it, lines in the middle are dropped: the first half and the newest stay.</summary>
    public const int MaxLines = 200;

    /// <summary>Maximum length of a line, in characters; longer lines are truncated.</summary>
    public const int MaxLine = 500;

    /// <summary>Maximum length of a report, in characters.</summary>
    public const int MaxReport = 65_536;

    readonly Lock _gate = new();
    readonly List<string> _first = [];
    readonly Queue<string> _newest = new();
    readonly JobClaim _claim;
    readonly IServiceProvider _services;
    long _dropped;

    internal JobContext(JobClaim claim, IServiceProvider services, TimeProvider time) => (_claim, _services, Time) = (claim, services, time);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>Returns a service of the engine.</summary>
    /// <exception cref="InvalidOperationException">The engine has no service of this type.</exception>
    public T Service<T>()
        where T : class => (T)(_services.GetService(typeof(T)) ?? throw new InvalidOperationException($"The engine has no {typeof(T).Name} for jobs."));

    /// <summary>The job's name.</summary>
    public string Job => _claim.Definition.Name;

    /// <summary>The run's number.</summary>
    public long RunId => _claim.Lease.RunId;

    /// <summary>The attempt, from 1.</summary>
    public int Attempt => _claim.Attempt;

    /// <summary>Who cancelled the run, such as <c>cancelled by cli</c>; <see langword="null"/> if nobody did, also if it ends for another reason.</summary>
    public string? Cancelled { get; internal set; }

    /// <summary>The progress as text; <see langword="null"/> if none was reported.</summary>
    internal string? ProgressText { get; private set; }

    /// <summary>The report.</summary>
    internal string? ReportText { get; private set; }

    /// <summary>Whether log, progress or report have changed since this was set to <see langword="false"/>.</summary>
    internal bool IsChanged { get; set; }

    /// <summary>Adds a line to the run's log. Must not contain personal data.</summary>
    public void Log(string line)
    {
        line = line.ReplaceLineEndings(" ");
        line = $"{Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)} {(line.Length > MaxLine ? line[..MaxLine] : line)}";
        lock (_gate)
        {
            IsChanged = true;
            if (_first.Count < MaxLines / 2)
            {
                _first.Add(line);
                return;
            }

            _newest.Enqueue(line);
            if (_newest.Count > MaxLines / 2)
            {
                _newest.Dequeue();
                _dropped++;
            }
        }
    }

    /// <summary>Reports the run's progress. Replaces the previous report.</summary>
    /// <param name="done">The number of items done.</param>
    /// <param name="of">The total number; <see langword="null"/> if unknown.</param>
    /// <param name="unit">What is counted, such as <c>files</c>.</param>
    public void Progress(long done, long? of, string unit)
    {
        ProgressText = of is { } total ? string.Create(CultureInfo.InvariantCulture, $"{done} of {total} {unit}") : string.Create(CultureInfo.InvariantCulture, $"{done} {unit}");
        IsChanged = true;
    }

    /// <summary>Sets the run's result, a JSON object without personal data. Replaces the previous one.</summary>
    /// <exception cref="ArgumentException">It is longer than <see cref="MaxReport"/>.</exception>
    public void Report(string json)
    {
        if (json.Length > MaxReport)
        {
            throw new ArgumentException($"A report has at most {MaxReport} characters.", nameof(json));
        }

        ReportText = json;
        IsChanged = true;
    }

    /// <summary>Fences a change: call it in the change's transaction. After a long pause, another engine may have taken over the job.</summary>
    /// <exception cref="OperationCanceledException">The lease is lost. The transaction must not commit.</exception>
    public async Task EnsureHeldAsync(ControlSession session)
    {
        if (!await JobStore.IsHeldAsync(session, _claim))
        {
            throw new OperationCanceledException("Another engine has taken the job over.");
        }
    }

    /// <summary>Returns the log.</summary>
    internal string LogText()
    {
        lock (_gate)
        {
            var text = new StringBuilder().AppendJoin('\n', _first);
            if (_dropped > 0)
            {
                text.Append('\n').Append(CultureInfo.InvariantCulture, $"… {_dropped} lines …");
            }

            foreach (var line in _newest)
            {
                text.Append('\n').Append(line);
            }

            return text.ToString();
        }
    }
}
