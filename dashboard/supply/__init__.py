"""What the employer has and does, laid beside what visits want: open vacancies and hires, brought in from files and feeds."""
