"""Quizzes: which reply comes next?"""
