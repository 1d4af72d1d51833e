namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A step of a job. Steps run one after another; a retry repeats only those that did not succeed.</summary>
/// <param name="Name">The name, unique in the job.</param>
/// <param name="Run">The work.</param>
/// <param name="After">The steps that must succeed first. If one of them fails, this step is skipped, and counts as failed.</param>
public sealed record JobStep(string Name, Func<JobContext, CancellationToken, Task> Run, params string[] After)
{
    /// <summary>Orders steps topologically: each after its dependencies, and otherwise as given.</summary>
    /// <exception cref="ArgumentException">A name is used twice, a dependency is missing, or dependencies are circular.</exception>
    public static IReadOnlyList<JobStep> InOrder(IReadOnlyList<JobStep> steps)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (steps.Count == 0 || steps.FirstOrDefault(step => !names.Add(step.Name)) is not null)
        {
            throw new ArgumentException("A job has one step at least, and each has a name of its own.", nameof(steps));
        }

        var (ordered, left) = (new List<JobStep>(steps.Count), new List<JobStep>(steps));
        while (left.Count > 0)
        {
            var next = left.Find(step => step.After.All(name => ordered.Exists(done => done.Name == name)))
                ?? throw new ArgumentException($"The step '{left[0].Name}' depends on an unknown step, or on itself.", nameof(steps));
            left.Remove(next);
            ordered.Add(next);
        }

        return ordered;
    }
}
