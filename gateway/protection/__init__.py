"""Conditions travel with the information: `gate` decides whether something may go out under the handling codes it
carries.
"""
