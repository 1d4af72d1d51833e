using CartRecovery.Engine.State;

namespace CartRecovery.Tests.State;

public sealed class LogCompactionTests
{
    const long Memory = 1 << 20;
    const int Page = 1 << 14;

    [Test]
    public void A_log_that_fits_in_memory_is_left_alone()
    {
        var compaction = new LogCompaction(Memory, Page);
        Assert.That(compaction.Step(64, Memory - 1, 2 * Memory), Is.Zero);
    }

    [Test]
    public void A_pass_covers_what_was_on_disk_when_it_began_in_whole_pages()
    {
        var compaction = new LogCompaction(Memory, Page);
        var (begin, head, tail, steps) = (64L, 2 * Memory + 100, 3 * Memory, 0);
        while (compaction.Step(begin, head, tail) is > 0 and var until)
        {
            Assert.That(until % Page, Is.Zero);
            Assert.That(until - begin, Is.Positive.And.LessThanOrEqualTo(4 * Page));
            begin = until;
            compaction.Moved(begin, tail, copied: 0);
            tail += Page;
            steps++;
        }

        Assert.That(begin, Is.EqualTo(2 * Memory));
        Assert.That(steps, Is.GreaterThan(16));
    }

    [Test]
    public void A_step_waits_for_appended_bytes()
    {
        var compaction = new LogCompaction(Memory, Page);
        compaction.Moved(compaction.Step(64, 2 * Memory, 3 * Memory), 3 * Memory, copied: 0);
        Assert.That(compaction.Step(Page, 2 * Memory, 3 * Memory + 100), Is.Zero);
        Assert.That(compaction.Step(Page, 2 * Memory, 3 * Memory + Page), Is.EqualTo(3 * Page));
    }

    [Test]
    public void The_next_pass_waits_until_half_of_the_log_may_be_garbage()
    {
        var compaction = new LogCompaction(Memory, Page);
        var tail = 5 * Memory;
        compaction.Step(64, 4 * Memory, tail);
        compaction.Moved(4 * Memory, tail, copied: 3 * Memory);
        Assert.That(compaction.Step(4 * Memory, 4 * Memory + 6 * Memory - 1, tail += 6 * Memory), Is.Zero);
        Assert.That(compaction.Step(4 * Memory, 4 * Memory + 6 * Memory, tail), Is.Positive);
    }
}
