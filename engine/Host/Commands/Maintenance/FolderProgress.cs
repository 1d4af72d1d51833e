using CartRecovery.Engine.Migration;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>Shows the progress of rewriting a data folder.</summary>
sealed class FolderProgress
{
    static readonly int s_steps = Enum.GetValues<RepartitionStep>().Length;

    RepartitionProgress _last;

    /// <summary>Takes the progress. Any thread.</summary>
    public void Report(RepartitionProgress progress)
    {
        lock (this)
        {
            _last = progress;
        }
    }

    /// <summary>Runs work on its own thread, showing progress.</summary>
    public void Run(Action work) => new WorkProgress(Read, unit: "records").Run(work);

    // Each step counts as much: how long one takes depends on the folder.
    (long Records, double Share) Read()
    {
        lock (this)
        {
            var done = _last.Total == 0 ? 0 : Math.Min(1, (double)_last.Done / _last.Total);
            return (_last.Done, ((int)_last.Step + done) / s_steps);
        }
    }
}
